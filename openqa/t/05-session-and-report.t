# SPDX-License-Identifier: MIT

use Mojo::Base -strict, -signatures;
use Test::More;
use Test::Warnings ':report_warnings';
use Mojo::File qw(path tempdir);
use Cwd 'getcwd';
use FindBin '$Bin';
use lib "$Bin/lib", "$Bin/../lib";
use TestedModule;

my %module = map { $_ => TestedModule->loaded("funkqa_$_") } qw(session_start session_stop report);
my $session = {FUNKQA_SESSION => 'bzip2,/usr/bin/tar'};

subtest 'a session installs what is missing' => sub {
    is($module{session_start}->run($session), '', 'nothing');
    is_deeply([$module{session_start}->calls(qr/^(zypper|trup)/)], [], 'installs nothing');
    is($module{session_start}->run($session, {'rpm -q bzip2' => 1}), '', 'a package');
    is_deeply([$module{session_start}->calls(qr/^(zypper|trup)/)], ['zypper in bzip2'], 'by zypper');
    is($module{session_start}->run({%$session, DISTRI => 'microos'}, {'rpm -q bzip2' => 1, 'script debuginfo' => 10}), '', 'a transactional system');
    is_deeply([$module{session_start}->calls(qr/^(zypper|trup)/)], ['trup_install bzip2'], 'in a new snapshot');
    is(scalar $module{session_start}->calls(qr/^select_serial_terminal/), 2, 'with a new console');
};

subtest 'a new snapshot with debuginfo takes a reboot' => sub {
    my $start = $module{session_start};
    for ([opensuse => 0, 0], [microos => 0, 1], [microos => 10, 0]) {
        my ($distri, $code, $reboots) = @$_;
        is($start->run({%$session, DISTRI => $distri}, {'script debuginfo' => $code}), '', "$distri, $code");
        is(scalar $start->calls(qr/^process_reboot/), $reboots, "$reboots reboots");
    }
};

subtest 'a session that does not begin ends the job' => sub {
    like($module{session_start}->run($session, {'script start' => 3}), qr/start failed with exit code 3/, 'died');
    is_deeply(funkqa_session_start->test_flags, {fatal => 1, milestone => 1}, 'and one that does is in the snapshot');
};

subtest 'what a session measured is collected' => sub {
    my %left = ('ls -1 .*session/reports' => "session.html\nfunkqa-session.xml", 'ls -1 .*results' => 'session-1-1-x.funkqa');
    is($module{session_stop}->run($session, {%left, 'script stop' => $_}), '', "exit code $_") for 0, 1;
    is(scalar $module{session_stop}->calls(qr/^parse_extra_log JUnit .*funkqa-session\.xml/), 1, 'as a suite');
    is(scalar $module{session_stop}->calls(qr/^upload_logs .*\.funkqa$/), 1, 'with the result');
    like($module{session_stop}->run($session, {%left, 'script stop' => 2}), qr/exit code 2/, 'a fault');
    like($module{session_stop}->run($session, {'script stop' => 0}), qr/stop failed/, 'no report at all');
    is_deeply(funkqa_session_stop->test_flags, {always_run => 1, fatal => 0, no_rollback => 1}, 'also after a fatal failure');
};

subtest 'the report compares with a baseline' => sub {
    my %there = ('ls -1 .*funkqa/results' => 'a-1-1-x.funkqa', 'ls -1 .*compare/reports' => "a.html\nfunkqa-compare-a.xml");
    my $report = $module{report};
    is($report->run({}, {%there}), '', 'without one');
    ok($report->calls(qr/^record_info no baseline/), 'is noted');
    ok(!$report->calls(qr/^script compare/), 'and nothing compared');
    is($report->run({ASSET_1 => 'gone.tar'}, {%there, 'script compare' => 10}), '', 'with one that is gone');
    ok($report->calls(qr/^record_info no baseline/), 'is noted');
    for my $code (0, 1) {
        is($report->run({ASSET_1 => 'a.tar'}, {%there, 'script compare' => $code}), '', "what is found ($code)");
        is(scalar $report->calls(qr/^parse_extra_log JUnit .*funkqa-compare-a\.xml/), 1, 'is the suites own');
    }
    like($report->run({ASSET_1 => 'a.tar'}, {%there, 'script compare' => 2}), qr/compare failed with exit code 2/, 'a fault is the modules');
    like($report->run({}, {}), qr/no result to report/, 'and so is no result');
};

subtest 'the report publishes the next baseline' => sub {
    my %there = ('ls -1 .*funkqa/results' => 'a-1-1-x.funkqa');
    my $report = $module{report};
    is($report->run({FUNKQA_PUBLISH => 'b.tar'}, {%there}), '', 'passes');
    is_deeply([$report->calls(qr/^upload_asset/)], ['upload_asset /var/lib/funkqa/b.tar public'], 'as a public asset');
    is($report->run({FUNKQA_PUBLISH => 'b.tar'}, {%there, 'script publish' => 10}), '', 'nothing passed');
    is_deeply([$report->calls(qr/^upload_asset/)], [], 'nothing is uploaded');
    is($report->run({}, {%there}), '', 'not asked for');
    is_deeply([$report->calls(qr/^(upload_asset|script publish)/)], [], 'nothing is packed');
};

subtest 'results that a rollback took away come back' => sub {
    my $before = getcwd;
    my $pool = tempdir;
    chdir $pool;
    path('ulogs')->make_path;
    path("ulogs/$_")->spew('x') for qw(a-1-1-x.funkqa b-1-1-x.funkqa funkqa_run-a.html);
    my $report = $module{report};
    is($report->run({}, {'ls -1 .*funkqa/results' => ['b-1-1-x.funkqa', "a-1-1-x.funkqa\nb-1-1-x.funkqa"]}), '', 'passes');
    is_deeply([$report->calls(qr/^save_tmp_file/)], ['save_tmp_file funkqa/a-1-1-x.funkqa'], 'only what is lost');
    ok($report->calls(qr/^record_info restored.*1 result/), 'and it is told');
    path("ulogs/$_")->remove for qw(a-1-1-x.funkqa b-1-1-x.funkqa);
    path('ulogs/funkqa-results.tar')->spew('x');
    is($report->run({}, {'ls -1 .*funkqa/results' => ['', 'a-1-1-x.funkqa']}), '', 'passes');
    ok($report->calls(qr/^assert_script_run tar -xf/), 'an archive is unpacked');
    chdir $before;
};

done_testing;
