# SPDX-License-Identifier: MIT

package transactional;

use Mojo::Base 'Exporter', -signatures;
use testapi;

our @EXPORT = qw(process_reboot trup_call trup_install);

# What a reboot is to a shell behind two pipes: another shell, and nothing is left in memory.
sub process_reboot (%args) {
    assert_script_run('rm -rf /tmp/*');
    enter_cmd('exec bash --noprofile --norc -i');
}

sub trup_call ($command, %args) {
    my $code = script_run("transactional-update -n $command", timeout => $args{timeout} // 180);
    die "transactional-update returned with $code" unless $code == ($args{exit_code} // 0);
}

sub trup_install ($input) {
    my @missing = grep { script_run("rpm -q $_") } split ' ', $input;
    if (@missing) {
        trup_call("pkg install @missing");
        process_reboot(trigger => 1);
    }
    assert_script_run("rpm -q $input");
}

1;
