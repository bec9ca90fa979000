# SPDX-License-Identifier: MIT

use Mojo::Base -strict, -signatures;
use Test::More;
use Test::Warnings ':report_warnings';
use Mojo::JSON 'encode_json';
use FindBin '$Bin';
use lib "$Bin/lib", "$Bin/../lib";
use TestedModule;

my $setup = TestedModule->loaded('funkqa_setup');
my $fit = encode_json({funkqa => '1.0', fit => \1, findings => [{name => 'root', status => 'supported', required => \1}]});
my %fit = ('uploaded .*doctor\.json' => $fit);

sub repositories ($variables) {
    is($setup->run($variables, {%fit}), '', 'passes');
    return [map { s/^zypper_ar //r } $setup->calls(qr/^zypper_ar/)];
}

subtest 'debuginfo of Tumbleweed and Leap lies beside their snapshot' => sub {
    for my $version (qw(Tumbleweed 16.0)) {
        my $found = repositories({VERSION => $version, REPO_OSS_DEBUGINFO => 'x', MIRROR_HTTP => 'http://openqa/x', REPO_SLES_DEBUG => 'x'});
        is_deeply($found, ['funkqa-oss-debug http://openqa/x-debuginfo'], $version);
    }
};

subtest 'debuginfo of SLE lies on its server, and that of incidents beside them' => sub {
    my $found = repositories({DISTRI => 'sle', VERSION => '15-SP7', REPO_SLE_MODULE_BASESYSTEM_DEBUG => 'base', REPO_SLES_DEBUG => 'sles', REPO_0 => 'x', REPO_OSS_DEBUGINFO => 'x'});
    is_deeply(
        $found,
        ['funkqa-sle-module-basesystem-debug ftp://openqa.example/base', 'funkqa-sles-debug ftp://openqa.example/sles'],
        'of the product'
    );
    $found = repositories({DISTRI => 'sle', VERSION => '15-SP7', MAINT_TEST_REPO => 'http://a/1/,http://b/2'});
    is_deeply(
        $found,
        ['funkqa-incident-1-debug http://a/1_debug/', 'funkqa-incident-2-debug http://b/2_debug/'],
        'of incidents'
    );
};

subtest 'any other is named' => sub {
    my $found = repositories({FUNKQA_DEBUG_REPOS => 'http://a,dir:///b', FUNKQA_REPO => 'http://c'});
    is_deeply($found, ['funkqa-debug-1 http://a', 'funkqa-debug-2 dir:///b', 'funkqa http://c'], 'all of them');
};

subtest 'without debuginfo nothing is begun' => sub {
    like($setup->run({}, {'script repositories' => 1}), qr/no repository with debuginfo.*FUNKQA_DEBUG_REPOS/, 'it says what to do');
    is_deeply([$setup->calls(qr/^(zypper|trup)/)], [], 'nothing is installed');
};

subtest 'packages' => sub {
    is($setup->run({FUNKQA_PACKAGES => 'tar,cpio'}, {%fit}), '', 'on an ordinary system');
    is_deeply([$setup->calls(qr/^(zypper|trup)/)], ['zypper in funkqa tar cpio'], 'by zypper');
    for my $distri (qw(microos sle-micro)) {
        is($setup->run({DISTRI => $distri, FUNKQA_PACKAGES => 'tar'}, {%fit}), '', "on $distri");
        is_deeply([$setup->calls(qr/^(zypper|trup)/)], ['trup_install funkqa tar'], 'in a new snapshot');
        my @did = @{$setup->did};
        my ($at) = grep { $did[$_] =~ /^trup/ } 0 .. $#did;
        is($did[$at + 1], 'select_serial_terminal', 'with a new console after the reboot');
    }
};

subtest 'from git' => sub {
    is($setup->run({FUNKQA_GITREF => 'https://example.org/funkqa.git#main'}, {%fit}), '', 'passes');
    is_deeply([$setup->calls(qr/^(zypper|script) /)], ['script repositories', 'zypper in git-core', 'script checkout', 'script doctor'], 'no package of funkqa');
    like($setup->run({FUNKQA_GITREF => "https://example.org/';reboot#main"}, {%fit}), qr/write ADDRESS#REF/, 'only an address and a name');
    like($setup->run({DISTRI => 'microos', FUNKQA_GITREF => 'https://a#main'}, {%fit}), qr/transactional/, 'not on transactional systems');
};

subtest 'doctor' => sub {
    my @findings = (
        {name => 'kernel', status => 'unsupported', required => \1, fact => 'Linux 5.14', lost => 'all', remedy => 'boot a newer one'},
        {name => 'gdb', status => 'unsupported', required => \0, fact => 'x', lost => 'y', remedy => 'z'}
    );
    my $unfit = encode_json({funkqa => '1.0', fit => \0, findings => \@findings});
    my $died = $setup->run({}, {'uploaded .*doctor\.json' => $unfit, 'script doctor' => 3});
    like($died, qr/kernel: Linux 5\.14\n  lost: all\n  remedy: boot a newer one/, 'an unfit machine ends the job with the remedy');
    unlike($died, qr/gdb/, 'what is optional is not told');
    like($setup->run({}, {'script doctor' => 127}), qr/doctor failed with exit code 127/, 'without funkqa');
    ok(!$setup->calls(qr/^uploaded/), 'no report is uploaded then');
};

subtest 'SELinux stays as it was' => sub {
    like($setup->run({}, {%fit, '^selinux$' => [qw(Enforcing Permissive Permissive)]}), qr/SELinux was Enforcing and is Permissive/, 'else it fails');
};

is_deeply(funkqa_setup->test_flags, {fatal => 1, milestone => 1}, 'later modules roll back to behind it');

done_testing;
