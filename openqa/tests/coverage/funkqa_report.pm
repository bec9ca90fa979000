# Copyright the funkqa developers
# SPDX-License-Identifier: MIT
#
# Package: funkqa
# Summary: Compare this job's coverage with that of an earlier build, and offer it to later ones
# - Bring back result files that a rollback took away
# - Compare with ASSET_1 or FUNKQA_BASELINE: what is lost within the tolerance is a softfail, beyond it a failure
# - Upload the results as the public asset FUNKQA_PUBLISH, for the next build to compare with
# Maintainer: the funkqa developers

use Mojo::Base 'opensusebasetest', -signatures;
use testapi;
use serial_terminal 'select_serial_terminal';
use funkqa;
use funkqa::scripts;

sub run ($self) {
    select_serial_terminal;
    my $restored = funkqa_restore_results;
    record_info('restored', "a rollback had taken $restored result files away") if $restored;
    die 'there is no result to report: did funkqa_run or funkqa_session_stop run?'
      unless grep { /\.funkqa$/ } funkqa_listing(FUNKQA_STATE . '/results');

    my $code = 10;
    if (my @baselines = funkqa_baselines) {
        $code = funkqa_script_run('compare', funkqa_compare_script(@baselines), timeout => 1800);
        upload_logs(FUNKQA_STATE . '/compare.log');
    }
    if ($code == 10) {
        record_info('no baseline', 'There is no earlier result to compare with: nothing is lost, and nothing is known.');
    }
    elsif (!funkqa_upload('compare') || $code > 1) {
        record_info('log', script_output('tail -n 30 ' . FUNKQA_STATE . '/compare.log', quiet => 1), result => 'fail');
        die "funkqa compare failed with exit code $code";
    }
    $self->publish if get_var('FUNKQA_PUBLISH');
}

sub publish ($self) {
    my $name = get_var('FUNKQA_PUBLISH');
    my $code = funkqa_script_run('publish', funkqa_publish_script($name));
    my $log = script_output('cat ' . FUNKQA_STATE . '/publish.log', quiet => 1);
    return record_info('not published', "No recipe passed, so $name stays as it is.\n$log") if $code == 10;
    die "$name can't be packed:\n$log" if $code;
    upload_asset(FUNKQA_STATE . "/$name", 1);
    record_info('published', "$name\n$log");
}

sub post_fail_hook ($self) {
    select_serial_terminal;
    upload_logs(FUNKQA_STATE . '/compare.log', failok => 1);
}

sub test_flags ($self) {
    return {fatal => 0, no_rollback => 1};
}

1;
