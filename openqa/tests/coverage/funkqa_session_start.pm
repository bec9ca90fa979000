# Copyright the funkqa developers
# SPDX-License-Identifier: MIT
#
# Package: funkqa
# Summary: Begin to measure which functions of packages the following test modules enter
# - Install the packages of FUNKQA_SESSION, or funkqa_session of the test data, and their debuginfo, where that is missing
# - funkqa start
# The snapshot behind this module has the session in it: a rollback goes on measuring.
# Maintainer: the funkqa developers

use Mojo::Base 'opensusebasetest', -signatures;
use testapi;
use utils 'zypper_call';
use version_utils 'is_transactional';
use transactional qw(process_reboot trup_install);
use serial_terminal 'select_serial_terminal';
use funkqa;
use funkqa::scripts;

sub run ($self) {
    select_serial_terminal;
    my @targets = funkqa_session_targets;
    my @missing = grep { !m{/} && script_run("rpm -q $_ >/dev/null", quiet => 1) } @targets;
    if (@missing && is_transactional) {
        trup_install("@missing");
        select_serial_terminal;
    }
    elsif (@missing) {
        zypper_call("in @missing", timeout => 1800);
    }
    my $debuginfo = funkqa_script_run('debuginfo', funkqa_debuginfo_script(@targets), timeout => 1800);
    upload_logs(FUNKQA_STATE . '/debuginfo.log');
    if ($debuginfo == 0 && is_transactional) {
        process_reboot(trigger => 1);
        select_serial_terminal;
    }
    my $code = funkqa_script_run('start', funkqa_start_script(@targets), timeout => funkqa_time_limit);
    upload_logs(FUNKQA_STATE . '/start.log');
    return unless $code;
    record_info('log', script_output('tail -n 30 ' . FUNKQA_STATE . '/start.log', quiet => 1), result => 'fail');
    die "funkqa start failed with exit code $code";
}

sub post_fail_hook ($self) {
    select_serial_terminal;
    upload_logs(FUNKQA_STATE . '/start.log', failok => 1);
}

sub test_flags ($self) {
    return {fatal => 1, milestone => 1};
}

1;
