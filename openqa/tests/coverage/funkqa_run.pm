# Copyright the funkqa developers
# SPDX-License-Identifier: MIT
#
# Package: funkqa
# Summary: Run recipes under measurement and collect what they measured
# - Run the recipes of FUNKQA_RECIPES, or the part of them that FUNKQA_SHARD says
# - Upload result files and reports, and show each recipe as a module of its own
# Running and collecting is one module: nothing that fails later can take the results away. What a recipe found (a step
# that failed, too little coverage, nothing measured) is the result of its own module; this one fails only if a
# recipe left no report.
# Maintainer: the funkqa developers

use Mojo::Base 'opensusebasetest', -signatures;
use testapi;
use serial_terminal 'select_serial_terminal';
use funkqa;
use funkqa::scripts;

sub run ($self) {
    select_serial_terminal;
    my @recipes = funkqa_recipes;
    my $selinux = funkqa_selinux;
    my $code = funkqa_script_run('run', funkqa_run_script(@recipes), timeout => funkqa_time_limit);
    $self->collect;

    my @problems;
    my $left = join ', ', funkqa_unmeasured(@recipes);
    push @problems, "no report of $left" if $left;
    push @problems, "funkqa isn't installed: coverage/funkqa_setup has to come before" if $code == 127;
    push @problems, 'the system was left changed' if $code == 4;
    push @problems, 'the time was up: raise FUNKQA_TIMEOUT, or use more shards' if $code == 124 || $code == 137;
    # Findings give 1, and 3 if there is nothing but recipes that nothing was measured of: their modules tell.
    push @problems, "funkqa run failed with exit code $code" unless @problems || grep { $code == $_ } 0, 1, 3;
    push @problems, "SELinux was $selinux and is " . funkqa_selinux if funkqa_selinux ne $selinux;
    return unless @problems;
    record_info('log', script_output('tail -n 30 ' . FUNKQA_STATE . '/run.log', quiet => 1), result => 'fail');
    die join '; ', @problems;
}

sub collect ($self) {
    $self->{collected} = 1;
    upload_logs(FUNKQA_STATE . '/run.log');
    funkqa_upload('run');
}

sub post_fail_hook ($self) {
    return if $self->{collected};
    select_serial_terminal;
    $self->collect;
}

sub test_flags ($self) {
    # All is collected, so there is nothing that a snapshot would bring back.
    return {fatal => 0, no_rollback => 1};
}

1;
