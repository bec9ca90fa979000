# SPDX-License-Identifier: MIT

use Mojo::Base -strict, -signatures;
use Test::More;
use Test::Fatal 'exception';
use Test::MockModule;
use Test::Warnings ':report_warnings';
use FindBin '$Bin';
use lib "$Bin/../lib";
use testapi qw(set_var get_var);
use funkqa;
use funkqa::scripts;

sub with ($variables, $code) {
    local %bmwqemu::vars = (DISTRI => 'opensuse', VERSION => 'Tumbleweed', ARCH => 'x86_64', %$variables);
    return $code->();
}

sub complaint ($variables, $code) {
    return exception { with($variables, $code) };
}

my @api = map { Test::MockModule->new($_) } qw(funkqa funkqa::scripts);
$_->redefine(data_url => sub ($name) { "http://worker/data/$name" }) for @api;

subtest 'recipes are separated by commas or blanks' => sub {
    is_deeply([with({FUNKQA_RECIPES => 'bzip2,gzip'}, \&funkqa_recipes)], [qw(bzip2 gzip)], 'commas');
    is_deeply([with({FUNKQA_RECIPES => " bzip2,\n gzip "}, \&funkqa_recipes)], [qw(bzip2 gzip)], 'and blanks');
    like(complaint({}, \&funkqa_recipes), qr/FUNKQA_RECIPES/, 'none');
    like(complaint({FUNKQA_RECIPES => ' , '}, \&funkqa_recipes), qr/names no recipe/, 'only a comma');
};

subtest 'what is no name never reaches a shell' => sub {
    for my $wrong ('bzip2;reboot', '$(id)', '../x', 'Bzip2', 'a.b', "a'b", 'x' x 101) {
        like(complaint({FUNKQA_RECIPES => $wrong}, \&funkqa_recipes), qr/is no name/, $wrong);
    }
    like(complaint({FUNKQA_SHARD => '1/2; reboot'}, sub { funkqa_run_script('bzip2') }), qr{K/N}, 'shard');
    like(complaint({FUNKQA_BASELINE => "http://x/'; reboot"}, \&funkqa_baselines), qr/neither an address/, 'baseline');
    like(complaint({FUNKQA_TOLERANCE => '1pp;reboot'}, \&funkqa_compare_script), qr/can't be an option/, 'tolerance');
    like(complaint({FUNKQA_SESSION => 'bash $(id)'}, \&funkqa_session_targets), qr/neither a package nor a path/, 'session');
    like(complaint({}, sub { funkqa_publish_script('../a.tar') }), qr/ends in \.tar/, 'archive');
};

subtest 'a suite never gets the name of the module that parses it' => sub {
    for my $module (glob "$Bin/../tests/coverage/funkqa_*.pm") {
        my ($name) = $module =~ /funkqa_(\w+)\.pm$/;
        like(complaint({FUNKQA_RECIPES => $name}, \&funkqa_recipes), qr/is a test module/, $name);
    }
};

subtest 'the time limit' => sub {
    is(with({}, \&funkqa_time_limit), 7200, 'without anything');
    is(with({FUNKQA_EXPECTED => '25m'}, \&funkqa_time_limit), 4500, 'three times what is expected');
    is(with({FUNKQA_EXPECTED => '2m'}, \&funkqa_time_limit), 1800, 'but not less than half an hour');
    is(with({FUNKQA_TIMEOUT => 60, FUNKQA_EXPECTED => '25m'}, \&funkqa_time_limit), 60, 'as said');
    like(complaint({FUNKQA_TIMEOUT => '1h'}, \&funkqa_time_limit), qr/no number of seconds/, 'not a number');
};

subtest 'where recipes run' => sub {
    my $of = sub ($variables) {
        my ($line) = with($variables, sub { funkqa_run_script('bzip2') }) =~ /^exec (funkqa run .*?) --results/m;
        return $line;
    };
    is($of->({}), 'funkqa run --no-sandbox', 'on the running system');
    is($of->({FUNKQA_SANDBOX => 1}), 'funkqa run --sandbox-dir /var/tmp', 'in a throw-away root on disk');
    is($of->({DISTRI => 'microos'}), 'funkqa run --sandbox-dir /var/tmp', 'so does a transactional system');
    is(
        $of->({DISTRI => 'sle-micro', FUNKQA_SANDBOX => 0}),
        'funkqa run --no-sandbox --debuginfo download',
        'where debuginfo stays below /var'
    );
    is($of->({FUNKQA_SHARD => '2/3'}), 'funkqa run --no-sandbox --shard 2/3', 'a part of them');
};

subtest 'baselines' => sub {
    my $of = sub ($variables) { [with($variables, \&funkqa_baselines)] };
    is_deeply($of->({}), [], 'none');
    is_deeply($of->({ASSET_1 => 'a.tar'}), ['http://worker/data/ASSET_1'], 'the asset');
    is_deeply($of->({FUNKQA_BASELINE => 'ASSET_1,ASSET_2', ASSET_2 => 'b'}), ['http://worker/data/ASSET_2'], 'only those that are set');
    is_deeply($of->({FUNKQA_BASELINE => 'https://x/a.tar', ASSET_1 => 'a'}), ['https://x/a.tar'], 'an address comes before');
};

subtest 'what a session measures' => sub {
    my $scheduler = Test::MockModule->new('scheduler', no_auto => 1);
    $scheduler->mock(get_test_suite_data => sub { {funkqa_session => [qw(bzip2 /usr/bin/tar)]} });
    is_deeply([with({}, \&funkqa_session_targets)], [qw(bzip2 /usr/bin/tar)], 'the test data');
    is_deeply([with({FUNKQA_SESSION => 'gzip'}, \&funkqa_session_targets)], ['gzip'], 'the variable comes before');
    $scheduler->mock(get_test_suite_data => sub { undef });
    like(complaint({}, \&funkqa_session_targets), qr/measures nothing/, 'neither');
    is(with({FUNKQA_SESSION_NAME => 'tar'}, sub { funkqa_start_script('tar') }), "exec funkqa start tar --name tar\n", 'its name');
};

done_testing;
