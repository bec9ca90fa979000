# SPDX-License-Identifier: MIT
#
# What is typed into the console.

use Mojo::Base -strict, -signatures;
use Test::More;
use Test::MockModule;
use Test::Warnings ':report_warnings';
use FindBin '$Bin';
use lib "$Bin/../lib";
use testapi;
use funkqa;

my (@typed, %saved);
my $api = Test::MockModule->new('funkqa');
$api->redefine(
    script_run => sub ($command, %args) { push @typed, [$command, $args{timeout}]; 7 },
    assert_script_run => sub ($command, %) { push @typed, [$command] },
    save_tmp_file => sub ($path, $content) { $saved{$path} = $content },
    autoinst_url => sub ($path) { "http://worker$path" },
);

sub typed ($variables, $code) {
    local %bmwqemu::vars = %$variables;
    @typed = %saved = ();
    return $code->();
}

subtest 'a long script is short to type and prints nothing' => sub {
    my $script = "echo long\n" x 5000;
    is(typed({}, sub { funkqa_script_run('run', $script, timeout => 60) }), 7, 'its exit code comes back');
    is($saved{'funkqa/run.sh'}, "PATH=/var/lib/funkqa/checkout/.venv/bin:\$PATH\n$script", 'the worker offers it');
    is($typed[1][0], 'curl -sS -f -o /var/lib/funkqa/run.sh http://worker/files/funkqa/run.sh', 'the machine takes it');
    like($typed[2][0], qr{^timeout .* bash /var/lib/funkqa/run\.sh >/var/lib/funkqa/run\.log 2>&1 </dev/null$}, 'quietly');
    cmp_ok(length $typed[-1][0], '<', 200, 'and shortly');
};

subtest 'the machine ends a script before openQA gives up' => sub {
    for my $scale (1, 3) {
        typed({TIMEOUT_SCALE => $scale}, sub { funkqa_script_run('run', '', timeout => 60) });
        my ($limit) = $typed[-1][0] =~ /--kill-after=30 ([0-9]+) /;
        is($limit, 60 * $scale, "TIMEOUT_SCALE=$scale");
        cmp_ok($typed[-1][1], '>', $limit + 30, 'with time to be killed');
    }
};

subtest 'a mark is harmless wherever it is put' => sub {
    typed({}, sub { funkqa_mark('tar: $(reboot) & more') });
    my $mark = '! command -v funkqa >/dev/null || funkqa mark tar____reboot____more >/dev/null 2>&1';
    is($typed[0][0], "( PATH=/var/lib/funkqa/checkout/.venv/bin:\$PATH; $mark )", 'a word');
};

done_testing;
