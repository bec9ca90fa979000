# SPDX-License-Identifier: MIT

package serial_terminal;

use Mojo::Base 'Exporter', -signatures;
use testapi;

our @EXPORT = qw(select_serial_terminal);

sub select_serial_terminal ($root = 1) { select_console('root-virtio-terminal') }

1;
