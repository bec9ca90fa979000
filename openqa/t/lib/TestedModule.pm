# SPDX-License-Identifier: MIT
#
# A test module that is run without any machine: what it would do there is noted, in order.

package TestedModule;

use Mojo::Base -base, -signatures;
use Test::MockModule;
use testapi ();
use utils ();
use transactional ();
use serial_terminal ();
use funkqa ();
use funkqa::scripts ();
use FindBin '$Bin';

has name => undef;
has answers => sub { {} };
has did => sub { [] };

# Everything that reaches the machine or openQA. The modules have imported some of it already when they are loaded,
# so each module is loaded once, behind these.
my $current;
our @mocked;    # as long as the tests run

sub _note ($what, @rest) {
    push @{$current->did}, join ' ', $what, grep { defined } @rest;
    my $answers = $current->answers;
    for my $pattern (sort keys %$answers) {
        next unless join(' ', $what, grep { defined } @rest) =~ /$pattern/;
        my $answer = $answers->{$pattern};
        return ref $answer eq 'ARRAY' ? shift @$answer : $answer;
    }
    return undef;
}

my %replaced = (
    testapi => {
        script_run => sub ($command, @) { _note(script_run => $command) // 0 },
        assert_script_run => sub ($command, @) { die "command '$command' failed\n" if _note(assert_script_run => $command) },
        script_output => sub ($command, @) { _note(script_output => $command) // '' },
        save_tmp_file => sub ($path, $content) { _note(save_tmp_file => $path) },
        autoinst_url => sub ($path) { "http://worker$path" },
        data_url => sub ($path) { "http://worker/data/$path" },
        upload_logs => sub ($file, %) { _note(upload_logs => $file) },
        upload_asset => sub ($file, $public = 0) { _note(upload_asset => $file, $public ? 'public' : 'private') },
        parse_extra_log => sub ($format, $file, %) { _note(parse_extra_log => $format, $file) },
        record_info => sub ($title, $text = '', %args) { _note(record_info => $title, $args{result}, $text) },
    },
    utils => {
        zypper_call => sub ($command, %) { _note(zypper => $command) // 0 },
        zypper_ar => sub ($url, %args) { _note(zypper_ar => $args{name}, $url) },
    },
    transactional => {
        process_reboot => sub (%) { _note('process_reboot') },
        trup_install => sub ($packages) { _note(trup_install => $packages) },
    },
    serial_terminal => {select_serial_terminal => sub { _note('select_serial_terminal') }},
    funkqa => {
        funkqa_script_run => sub ($name, $script, %args) { _note(script => $name) // 0 },
        funkqa_uploaded => sub ($file) { _note(uploaded => $file) },
        funkqa_selinux => sub { _note('selinux') // 'Enforcing' },
    },
);

for my $package (sort keys %replaced) {
    my $mock = Test::MockModule->new($package, no_auto => 1);
    $mock->redefine($_ => $replaced{$package}{$_}) for keys %{$replaced{$package}};
    push @mocked, $mock;
}
# What our libraries have imported before.
for my $package (qw(funkqa funkqa::scripts)) {
    my $mock = Test::MockModule->new($package, no_auto => 1);
    $mock->redefine($_ => $replaced{testapi}{$_}) for grep { $package->can($_) } keys %{$replaced{testapi}};
    push @mocked, $mock;
}

sub loaded ($class, $name) {
    eval "package $name; require '$Bin/../tests/coverage/$name.pm'; 1" or die $@;
    return $class->new(name => $name);
}

=head2 run

 $module->run({VARIABLE => 'value'}, {'pattern of a call' => 'its answer'});

Returns what the module died of, or an empty string.

=cut

sub run ($self, $variables, $answers = {}, $what = 'run') {
    local %bmwqemu::vars = (DISTRI => 'opensuse', VERSION => 'Tumbleweed', ARCH => 'x86_64', BACKEND => 'qemu', %$variables);
    $self->answers($answers)->did([]);
    $current = $self;
    return eval { $self->name->new('coverage')->$what; 1 } ? '' : $@;
}

sub calls ($self, $pattern) { return grep { /$pattern/ } @{$self->did} }

1;
