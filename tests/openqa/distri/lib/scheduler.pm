# SPDX-License-Identifier: MIT

package scheduler;

use Mojo::Base 'Exporter', -signatures;
use testapi qw(get_required_var set_var);
use autotest 'loadtest';
use YAML::PP;

our @EXPORT = qw(get_test_suite_data load_yaml_schedule);

my $test_suite_data = {};

sub get_test_suite_data () { return $test_suite_data }

sub load_yaml_schedule () {
    my $schedule = YAML::PP->new->load_file("$bmwqemu::vars{CASEDIR}/" . get_required_var('YAML_SCHEDULE'));
    set_var($_, $schedule->{vars}{$_}) for keys %{$schedule->{vars} // {}};
    $test_suite_data = $schedule->{test_data} // {};
    loadtest("tests/$_.pm") for @{$schedule->{schedule}};
    return 1;
}

1;
