# SPDX-License-Identifier: MIT
#
# The least of a test distribution that funkqa's modules need: what they use of os-autoinst-distri-opensuse, with the same
# names and arguments, over the real testapi. The machine is a shell behind two pipes.

use Mojo::Base -strict;
use testapi;
use lib "$bmwqemu::vars{CASEDIR}/lib";
use susedistribution;
use scheduler 'load_yaml_schedule';

testapi::set_distribution(susedistribution->new());
load_yaml_schedule;

1;
