# Copyright the funkqa developers
# SPDX-License-Identifier: MIT
#
# Package: funkqa
# Summary: Make the system under test able to measure function coverage
# - Enable repositories with debuginfo: of the product, of its build, and of incidents
# - Install funkqa and FUNKQA_PACKAGES, on transactional systems in a new snapshot and with a reboot
# - Check with funkqa doctor that this machine can measure
# SELinux stays as it is.
# Maintainer: the funkqa developers

use Mojo::Base 'opensusebasetest', -signatures;
use testapi;
use utils qw(zypper_ar zypper_call);
use version_utils qw(is_opensuse is_sle is_sle_micro is_transactional);
use transactional 'trup_install';
use serial_terminal 'select_serial_terminal';
use Mojo::JSON 'decode_json';
use funkqa;
use funkqa::scripts;

sub run ($self) {
    select_serial_terminal;
    my $selinux = funkqa_selinux;
    record_info('SELinux', $selinux);

    my %repositories = $self->debug_repositories;
    zypper_ar($repositories{$_}, name => $_, no_gpg_check => 1) for sort keys %repositories;
    $self->enable_debug_repositories;
    zypper_ar(get_var('FUNKQA_REPO'), name => 'funkqa', no_gpg_check => 1) if get_var('FUNKQA_REPO');

    $self->install;
    $self->doctor;
    die "SELinux was $selinux and is " . funkqa_selinux if funkqa_selinux ne $selinux;
}

=head2 debug_repositories

Name and address of the debuginfo repositories that openQA's settings name. Tumbleweed's and Leap's snapshots have
C<REPO_OSS_DEBUGINFO> beside the mirror, SLE has C<REPO_*_DEBUG> on openQA's own server, incidents have a C<_debug>
beside each repository. C<FUNKQA_DEBUG_REPOS> is for all others.

=cut

sub debug_repositories ($self) {
    my %found;
    my $number = 0;
    $found{'funkqa-debug-' . ++$number} = $_ for funkqa_list(get_var('FUNKQA_DEBUG_REPOS'));
    if (is_opensuse && get_var('REPO_OSS_DEBUGINFO')) {
        $found{'funkqa-oss-debug'} = get_required_var('MIRROR_HTTP') . '-debuginfo';
    }
    if (is_sle || is_sle_micro) {
        for my $variable (grep { /^REPO_.+_DEBUG$/ } sort keys %bmwqemu::vars) {
            my $name = lc($variable =~ s/^REPO_//r) =~ tr/_/-/r;
            $found{"funkqa-$name"} = "$utils::OPENQA_FTP_URL/" . get_var($variable) if get_var($variable);
        }
    }
    for my $incident (funkqa_list(get_var('INCIDENT_REPO') // get_var('MAINT_TEST_REPO'))) {
        $found{'funkqa-incident-' . ++$number . '-debug'} = $incident =~ s{/*$}{_debug/}r;
    }
    return %found;
}

sub enable_debug_repositories ($self) {
    my $code = funkqa_script_run('repositories', funkqa_repositories_script(), timeout => 600);
    upload_logs(FUNKQA_STATE . '/repositories.log');
    die 'no repository with debuginfo is enabled: set FUNKQA_DEBUG_REPOS' if $code;
}

sub install ($self) {
    my @packages = funkqa_list(get_var('FUNKQA_PACKAGES'));
    if (my $source = get_var('FUNKQA_GITREF')) {
        die "FUNKQA_GITREF can't be installed on a transactional system: use a package" if is_transactional;
        my ($url, $ref) = $source =~ /^([^#\s']+)#([A-Za-z0-9._\/-]+)$/ or die "FUNKQA_GITREF: '$source': write ADDRESS#REF";
        unshift @packages, 'git-core';
        zypper_call("in @packages");
        my $checkout = FUNKQA_STATE . '/checkout';
        my $script = "set -eu\nrm -rf $checkout\ngit clone --depth 1 --branch '$ref' -- '$url' $checkout\n$checkout/.ci/install run\n";
        my $code = funkqa_script_run('checkout', $script, timeout => 1800);
        upload_logs(FUNKQA_STATE . '/checkout.log');
        die "funkqa can't be installed from $source" if $code;
        return;
    }
    unshift @packages, funkqa_list(get_var('FUNKQA_INSTALL', 'funkqa'));
    if (is_transactional) {
        trup_install("@packages");
        # The reboot has ended the session of the console.
        select_serial_terminal;
    }
    elsif (@packages) {
        zypper_call("in @packages", timeout => 1800);
    }
}

=head2 doctor

Dies if the machine lacks something that measuring requires, and says what to do about it.

=cut

sub doctor ($self) {
    my $mode = get_var('FUNKQA_SANDBOX', is_transactional() ? 1 : 0) ? '--sandbox' : '--no-sandbox';
    my $report = FUNKQA_STATE . '/doctor.json';
    my $code = funkqa_script_run('doctor', "exec funkqa doctor --json $mode >$report\n");
    upload_logs(FUNKQA_STATE . '/doctor.log');
    # An unfit machine gives 3 and a report. Without a report there is nothing but the code.
    die "funkqa doctor failed with exit code $code" unless $code == 0 || $code == 3;
    my $found = decode_json(funkqa_uploaded($report));
    my @lacking = grep { $_->{required} && $_->{status} ne 'supported' } @{$found->{findings}};
    my $lines = join "\n", map { "$_->{name}: $_->{fact}\n  lost: $_->{lost}\n  remedy: $_->{remedy}" } @lacking;
    record_info('doctor', $lines || "funkqa $found->{funkqa}: nothing is lacking", result => $found->{fit} ? 'ok' : 'fail');
    die "this machine can't be measured on:\n$lines" unless $found->{fit};
}

sub post_fail_hook ($self) {
    select_serial_terminal;
    upload_logs(FUNKQA_STATE . "/$_.log", failok => 1) for qw(repositories checkout doctor);
}

sub test_flags ($self) {
    return {fatal => 1, milestone => 1};
}

1;
