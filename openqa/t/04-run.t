# SPDX-License-Identifier: MIT

use Mojo::Base -strict, -signatures;
use Test::More;
use Test::Warnings ':report_warnings';
use FindBin '$Bin';
use lib "$Bin/lib", "$Bin/../lib";
use TestedModule;

my $run = TestedModule->loaded('funkqa_run');
my $two = {FUNKQA_RECIPES => 'bzip2,gzip'};

sub reports (@recipes) {
    return join "\n", map { ("$_.html", "$_.json", "$_.txt", "funkqa-$_.xml") } @recipes;
}

my %both = ('ls -1 .*run/reports' => reports(qw(bzip2 gzip)), 'ls -1 .*results' => "bzip2-1-1-x.funkqa\ngzip-1-1-x.funkqa");

subtest 'results, reports and suites' => sub {
    is($run->run($two, {%both}), '', 'passes');
    is_deeply([$run->calls(qr/^parse_extra_log/)],
        [map { "parse_extra_log JUnit /var/lib/funkqa/run/reports/funkqa-$_.xml" } qw(bzip2 gzip)], 'each recipe is shown as a suite');
    is(scalar $run->calls(qr/^upload_logs .*\.funkqa$/), 2, 'the results');
    is(scalar $run->calls(qr/^upload_logs .*\.(html|json|txt)$/), 6, 'the reports');
    my @did = @{$run->did};
    my ($first_result) = grep { $did[$_] =~ /\.funkqa$/ } 0 .. $#did;
    my ($first_report) = grep { $did[$_] =~ /\.html$/ } 0 .. $#did;
    cmp_ok($first_result, '<', $first_report, 'results come first');
};

subtest 'FUNKQA_UPLOAD_DATA=0 keeps the results' => sub {
    is($run->run({%$two, FUNKQA_UPLOAD_DATA => 0}, {%both}), '', 'passes');
    is(scalar $run->calls(qr/^upload_logs .*\.funkqa$/), 0, 'none is uploaded');
};

subtest 'many recipes are few files' => sub {
    my @names = map { "r$_" } 1 .. 50;
    my %many = ('ls -1 .*run/reports' => reports(@names), 'ls -1 .*results' => join("\n", map { "$_-1-1-x.funkqa" } @names));
    is($run->run({FUNKQA_RECIPES => join ',', @names}, \%many), '', 'passes');
    is_deeply(
        [map { s{.*/}{}r } $run->calls(qr/^upload_logs/)],
        [qw(run.log funkqa-results.tar run.txt run.tar.gz)],
        'four files'
    );
    is(scalar $run->calls(qr/^parse_extra_log/), 50, 'and each suite');
};

subtest 'findings are the suites own, not those of the module' => sub {
    is($run->run($two, {%both, 'script run' => $_}), '', "exit code $_") for 1, 3;
};

subtest 'a recipe without a report fails the module' => sub {
    my %one = (%both, 'ls -1 .*run/reports' => reports('bzip2'));
    like($run->run($two, {%one, 'script run' => 1}), qr/no report of gzip/, 'it is named');
    is(scalar $run->calls(qr/^parse_extra_log/), 1, 'what is there is shown all the same');
    is($run->run({%$two, FUNKQA_SHARD => '1/2'}, {%one, 'sort -u' => 'bzip2'}), '', 'unless it belongs to another shard');
    like($run->run({%$two, FUNKQA_SHARD => '1/2'}, {%one, 'sort -u' => "bzip2\ngzip"}), qr/no report of gzip/, 'but not if it was begun');
};

subtest 'faults' => sub {
    like($run->run($two, {%both, 'script run' => 2}), qr/exit code 2/, 'a wrong recipe');
    like($run->run($two, {%both, 'script run' => 4}), qr/left changed/, 'something is left');
    like($run->run($two, {%both, 'script run' => 127}), qr/isn't installed: .*funkqa_setup/, 'no funkqa');
    like($run->run($two, {%both, 'script run' => $_}), qr/time was up.*FUNKQA_TIMEOUT/, "the time was up ($_)") for 124, 137;
    like($run->run($two, {%both, '^selinux$' => [qw(Enforcing Disabled Disabled)]}), qr/SELinux was Enforcing/, 'SELinux');
};

subtest 'what is measured until the console hangs is collected' => sub {
    my $module = funkqa_run->new('coverage');
    $run->run($two, {%both}, 'post_fail_hook');
    is(scalar $run->calls(qr/^parse_extra_log/), 2, 'by the hook');
};

is_deeply(funkqa_run->test_flags, {fatal => 0, no_rollback => 1}, 'its failure takes nothing away');

done_testing;
