# SPDX-License-Identifier: MIT
# Summary: The machine behind the two pipes runs already

use Mojo::Base 'opensusebasetest', -signatures;
use serial_terminal 'select_serial_terminal';

sub run ($self) { select_serial_terminal }

sub test_flags ($self) { return {fatal => 1} }

1;
