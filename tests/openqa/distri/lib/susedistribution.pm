# SPDX-License-Identifier: MIT

package susedistribution;

use Mojo::Base 'distribution', -signatures;

sub init ($self) {
    $self->SUPER::init();
    $self->{serial_term_prompt} = '# ';
    $self->add_console('root-virtio-terminal', 'virtio-terminal', {});
}

1;
