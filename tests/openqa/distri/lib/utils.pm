# SPDX-License-Identifier: MIT

package utils;

use Mojo::Base 'Exporter', -signatures;
use testapi;

our @EXPORT = qw(zypper_ar zypper_call);

our $OPENQA_FTP_URL = 'ftp://openqa.example';

sub zypper_call ($command, %args) {
    my $code = script_run("zypper -n $command | cat; ( exit \${PIPESTATUS[0]} )", timeout => $args{timeout} || 700);
    die "'zypper -n $command' failed with code $code" unless grep { $_ == $code } @{$args{exitcode} || [0]};
    return $code;
}

sub zypper_ar ($url, %args) {
    my $check = $args{no_gpg_check} ? '--no-gpgcheck' : '';
    return if script_run("zypper lr $args{name} >/dev/null 2>&1") == 0;
    zypper_call("--gpg-auto-import-keys ar -f $check $url $args{name}");
    return zypper_call("--gpg-auto-import-keys ref --repo $args{name}");
}

1;
