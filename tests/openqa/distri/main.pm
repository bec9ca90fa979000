# SPDX-License-Identifier: MIT
#
# The least of a test distribution that funkqa's modules need: what they use of os-autoinst-distri-opensuse, with the same
# names and arguments, over the real testapi. The machine is a shell behind two pipes.

use Mojo::Base -strict, -signatures;
use testapi;
use autotest;
use lib "$bmwqemu::vars{CASEDIR}/lib";
use susedistribution;
use scheduler 'load_yaml_schedule';

testapi::set_distribution(susedistribution->new());

# The backend has no snapshots. With SNAPSHOTS=1 one is a copy of the directories that funkqa writes to, so that
# os-autoinst's own rules say when it is made, and when the machine goes back to it. Processes aren't in it.
if (get_var('SNAPSHOTS')) {
    my $asked = \&autotest::query_isotovideo;
    my %snapshot = (
        save => 'tar -C /var -cf /run/snapshot.tar lib/funkqa cache/funkqa',
        load => 'rm -rf /var/lib/funkqa /var/cache/funkqa && tar -C /var -xf /run/snapshot.tar',
    );
    no warnings 'redefine';
    *autotest::query_isotovideo = sub ($question, $arguments = undef) {
        return 1 if $question eq 'backend_can_handle' && $arguments->{function} eq 'snapshots';
        my ($what) = $question =~ /^backend_(save|load)_snapshot$/ or return $asked->($question, $arguments);
        # There is no test module now that could show it.
        assert_script_run("mkdir -p /var/lib/funkqa /var/cache/funkqa && $snapshot{$what}", quiet => 1);
        return '';
    };
}
load_yaml_schedule;

1;
