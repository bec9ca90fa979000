# SPDX-License-Identifier: MIT

package version_utils;

use Mojo::Base 'Exporter', -signatures;
use testapi qw(check_var get_var);

our @EXPORT = qw(is_microos is_opensuse is_sle is_sle_micro is_transactional);

sub is_microos ($filter = undef) { get_var('DISTRI', '') =~ /microos/ ? 1 : 0 }

sub is_sle_micro ($query = undef, $version = undef) { check_var('DISTRI', 'sle-micro') ? 1 : 0 }

sub is_sle ($query = undef, $version = undef) { check_var('DISTRI', 'sle') ? 1 : 0 }

sub is_opensuse () { is_microos() || check_var('DISTRI', 'opensuse') ? 1 : 0 }

sub is_transactional () { is_microos() || is_sle_micro() || get_var('TRANSACTIONAL_SERVER') ? 1 : 0 }

1;
