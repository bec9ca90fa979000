# Copyright the funkqa developers
# SPDX-License-Identifier: MIT
#
# Package: funkqa
# Summary: End the session of funkqa_session_start and collect what it measured
# - funkqa stop
# - Upload the result file and reports, and show the session as a module of its own
# Maintainer: the funkqa developers

use Mojo::Base 'opensusebasetest', -signatures;
use testapi;
use serial_terminal 'select_serial_terminal';
use funkqa;
use funkqa::scripts;

sub run ($self) {
    select_serial_terminal;
    my $code = funkqa_script_run('stop', funkqa_stop_script(), timeout => 1800);
    upload_logs(FUNKQA_STATE . '/stop.log');
    return if funkqa_upload('session') && grep { $code == $_ } 0, 1, 3;
    record_info('log', script_output('tail -n 30 ' . FUNKQA_STATE . '/stop.log', quiet => 1), result => 'fail');
    die "funkqa stop failed with exit code $code";
}

sub post_fail_hook ($self) {
    select_serial_terminal;
    upload_logs(FUNKQA_STATE . '/stop.log', failok => 1);
}

sub test_flags ($self) {
    # Also after a fatal failure of a module that was measured: what it entered until then counts.
    return {always_run => 1, fatal => 0, no_rollback => 1};
}

1;
