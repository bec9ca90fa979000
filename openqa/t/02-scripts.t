# SPDX-License-Identifier: MIT
#
# The scripts that the modules send to the system under test, run by a real bash.

use Mojo::Base -strict, -signatures;
use Test::More;
use Test::MockModule;
use Test::Warnings ':report_warnings';
use Mojo::File qw(path tempdir);
use FindBin '$Bin';
use lib "$Bin/../lib";
use testapi;
use funkqa;
use funkqa::scripts;

my $api = Test::MockModule->new('funkqa::scripts');
$api->redefine(data_url => sub ($name) { 'file:///nowhere' });

sub bash ($script, $state, $programs = {}) {
    my $bin = path("$state/bin")->make_path;
    path("$bin/$_")->spew("#!/bin/bash\n$programs->{$_}\n")->chmod(0755) for keys %$programs;
    $script =~ s{/var/lib/funkqa}{$state}g;
    path("$state/script")->spew("PATH=$bin:\$PATH\n$script");
    my $said = `bash $state/script 2>&1 </dev/null`;
    return ($? >> 8, $said);
}

sub publish ($state) {
    my ($code, $said) = bash(funkqa_publish_script('new.tar'), $state, {funkqa => 'test "$1" = report && ! grep -q failed "$2"'});
    return ($code, -e "$state/new.tar" ? [sort map { m{([^/]+)$} ? $1 : () } grep { !m{/$} } split /\n/, `tar -tf $state/new.tar`] : []);
}

sub put ($state, %files) {
    path("$state/$_")->tap(sub ($file) { $file->dirname->make_path })->spew($files{$_}) for keys %files;
}

subtest 'a recipe that nobody has ends the run before anything is measured' => sub {
    my $state = tempdir;
    local %bmwqemu::vars = (DISTRI => 'opensuse');
    my ($code, $said) = bash(funkqa_run_script('nobody-has-this'), $state, {funkqa => 'echo measured'});
    is($code, 2, 'exit code');
    like($said, qr/no recipe nobody-has-this/, 'it is named');
    unlike($said, qr/^measured/m, 'nothing ran');
};

subtest 'recipes are those of the checkout if funkqa is from there, and those of the job come before' => sub {
    my $state = tempdir;
    local %bmwqemu::vars = (DISTRI => 'opensuse');
    put($state, 'checkout/recipes/ours.yaml' => 'of git', 'checkout/recipes/both.yaml' => 'of git', 'data/both.yaml' => 'of the job');
    my $data = Test::MockModule->new('funkqa::scripts');
    $data->redefine(data_url => sub ($name) { "file://$state/data" });
    my ($code, $said) = bash(funkqa_run_script(qw(ours both)), $state, {funkqa => 'cat recipes/ours.yaml recipes/both.yaml'});
    is($code, 0, 'exit code');
    is($said, 'of gitof the job', 'the recipes');
};

subtest 'no baseline is told apart from a comparison' => sub {
    my $state = tempdir;
    local %bmwqemu::vars = ();
    my ($code, $said) = bash(funkqa_compare_script("file://$state/absent.tar"), $state, {funkqa => 'echo compared; exit 1'});
    is($code, 10, 'absent');
    unlike($said, qr/^compared/m, 'nothing ran');
    put($state, 'a-1-1-x86_64.funkqa' => 'a result');
    ($code, $said) = bash(funkqa_compare_script("file://$state/a-1-1-x86_64.funkqa"), $state, {funkqa => 'echo "$@"; exit 1'});
    is($code, 1, 'what funkqa compare says');
    like($said, qr{^compare baselines/0 $state/results}m, 'with the file');
    ok(-e "$state/compare/baselines/0/a-1-1-x86_64.funkqa", 'under its own name');
};

subtest 'an archive of baselines is unpacked' => sub {
    my $state = tempdir;
    local %bmwqemu::vars = (FUNKQA_TOLERANCE => '2pp', FUNKQA_FAIL_ON => 'lost');
    put($state, 'in/a-1-1-x86_64.funkqa' => 'a', 'in/b-1-1-x86_64.funkqa' => 'b');
    system "tar -cf $state/base.tar -C $state/in .";
    my ($code, $said) = bash(funkqa_compare_script("file://$state/base.tar"), $state, {funkqa => 'echo "$@"'});
    is($code, 0, 'exit code');
    like($said, qr/^compare --fail-on lost --tolerance 2pp baselines/m, 'with the limits');
    ok(-e "$state/compare/baselines/0/b-1-1-x86_64.funkqa", 'unpacked');
};

subtest 'only what passed and lost nothing replaces a baseline' => sub {
    my $state = tempdir;
    put(
        $state,
        'results/good-2-1-x86_64.funkqa' => 'passed',
        'results/broken-2-1-x86_64.funkqa' => 'failed',
        'results/worse-2-1-x86_64.funkqa' => 'passed',
        'results/worse-too-2-1-x86_64.funkqa' => 'passed',
        'results/new-2-1-x86_64.funkqa' => 'failed',
        'compare/reports/funkqa-compare-good.xml' => '<testsuite failures="0" errors="0">',
        'compare/reports/funkqa-compare-worse.xml' => '<testsuite failures="0" errors="0" softfailures="1">',
        'compare/reports/funkqa-compare-worse-too.xml' => '<testsuite failures="12" errors="0">',
        map { ("compare/baselines/0/$_-1-1-x86_64.funkqa" => 'passed') } qw(good broken worse worse-too)
    );
    my ($code, $packed) = publish($state);
    is($code, 0, 'exit code');
    is_deeply($packed, [map { "$_-x86_64.funkqa" } qw(broken-1-1 good-2-1 worse-1-1 worse-too-1-1)], 'what is packed');
};

subtest 'repositories with debuginfo are enabled, and those out of reach disabled again' => sub {
    my $state = tempdir;
    my $zypper = <<"END";
known=\$(sed 's/.*/<repo alias="&" name="x" enabled="0">/' $state/known)
case "\$*" in
    *xmlout*) echo "\$known" ;;
    *'ref '*gone*) exit 4 ;;
    *'mr -e'*) echo "\${!#}" >>$state/enabled ;;
    *'mr -d'*) sed -i "/^\${!#}\$/d" $state/enabled ;;
    *'lr -E'*) cat $state/enabled 2>/dev/null; true ;;
esac
END
    put($state, known => join "\n", qw(repo-oss openSUSE:repo-oss-debug SLE-Module-Debuginfo-Pool gone-debug), '');
    my ($code) = bash(funkqa_repositories_script, $state, {zypper => $zypper});
    is($code, 0, 'exit code');
    is(path("$state/enabled")->slurp, "openSUSE:repo-oss-debug\nSLE-Module-Debuginfo-Pool\n", 'those that can be read');
    path("$state/enabled")->spew('');
    put($state, known => "repo-oss\ngone-debug\n");
    ($code) = bash(funkqa_repositories_script, $state, {zypper => $zypper});
    isnt($code, 0, 'none is left');
};

subtest 'debuginfo is installed by build ID' => sub {
    my $state = tempdir;
    local %bmwqemu::vars = (DISTRI => 'opensuse');
    put($state, map { ("elf/$_" => "\x7fELF$_") } qw(one two));
    put($state, 'elf/text' => 'text');
    my %programs = (
        'rpm' => "printf '%s\\n' $state/elf/one $state/elf/text /nonexistent",
        'eu-readelf' => 'case $2 in *one) echo "    Build ID: 11aa" ;; *two) echo "    Build ID: 22bb" ;; esac',
        zypper => 'case "$*" in *22bb*) exit 104 ;; esac; echo "installed $*"',
    );
    my ($code, $said) = bash(funkqa_debuginfo_script('package'), $state, \%programs);
    is($code, 0, 'of a package');
    is($said, "installed -n in debuginfo(build-id)=11aa\n", 'only of ELF files');
    ($code, $said) = bash(funkqa_debuginfo_script('package', "$state/elf/two"), $state, \%programs);
    is($code, 0, 'of what is offered');
    is($said, "installed -n in debuginfo(build-id)=11aa\nnot installed: debuginfo(build-id)=22bb\n", 'and the other is told');
    ($code) = bash(funkqa_debuginfo_script("$state/elf/text"), $state, \%programs);
    is($code, 10, 'nothing to install');
};

subtest 'nothing that passed, nothing packed' => sub {
    my $state = tempdir;
    put($state, 'results/new-2-1-x86_64.funkqa' => 'failed');
    my ($code, $packed) = publish($state);
    is($code, 10, 'exit code');
    is_deeply($packed, [], 'no archive');
};

done_testing;
