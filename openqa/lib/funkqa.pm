# Copyright the funkqa developers
# SPDX-License-Identifier: MIT
#
# Summary: What the coverage/funkqa_* modules have in common: settings, the console, uploads
# Maintainer: the funkqa developers

package funkqa;

use Mojo::Base 'Exporter', -signatures;
use Mojo::File 'path';
use testapi;

our @EXPORT = qw(
  FUNKQA_STATE
  funkqa_baselines
  funkqa_list
  funkqa_listing
  funkqa_mark
  funkqa_name
  funkqa_recipes
  funkqa_restore_results
  funkqa_script_run
  funkqa_selinux
  funkqa_session_name
  funkqa_session_targets
  funkqa_time_limit
  funkqa_unmeasured
  funkqa_upload
  funkqa_uploaded
);

=head2 FUNKQA_STATE

Everything that the modules keep on the system under test. It is below C</var>, because C</usr> is read-only on
transactional systems and because it has to outlive their reboots.

=cut

use constant FUNKQA_STATE => '/var/lib/funkqa';

# A job with more recipes than this uploads archives: hundreds of single uploads run into time limits.
use constant FEW => 4;

# Suites are called funkqa_NAME. A suite called like the module that parses it makes the worker loop without end.
use constant RESERVED => qw(setup run report session_start session_stop);

# Where FUNKQA_GITREF leaves the program. Scripts and marks look there first.
use constant FROM_GIT => FUNKQA_STATE . '/checkout/.venv/bin';

# What script_run waits longer than the time limit on the system under test, which ends the command properly.
use constant GRACE_S => 90;

=head2 funkqa_name

 funkqa_name($variable, $text);

Returns C<$text> if it can be the name of a recipe or session and of the suite that openQA shows. Dies otherwise.

=cut

sub funkqa_name ($variable, $text) {
    die "$variable: '$text' is no name: write a-z, 0-9, _ and -" unless $text =~ /^[a-z0-9_-]{1,100}$/;
    die "$variable: '$text' can't be used, because funkqa_$text is a test module" if grep { $_ eq $text } RESERVED;
    return $text;
}

=head2 funkqa_list

 funkqa_list($text);

The words of a variable that are separated by commas or blanks.

=cut

sub funkqa_list ($text) { return grep { length } split /[\s,]+/, $text // '' }

=head2 funkqa_recipes

Names of the recipes of this job, from C<FUNKQA_RECIPES>, which C<funkqa schedule> writes.

=cut

sub funkqa_recipes () {
    my @names = map { funkqa_name('FUNKQA_RECIPES', $_) } funkqa_list(get_required_var('FUNKQA_RECIPES'));
    die 'FUNKQA_RECIPES names no recipe' unless @names;
    return @names;
}

=head2 funkqa_time_limit

Seconds that measuring may take: C<FUNKQA_TIMEOUT>, or three times what C<funkqa schedule> expects, or two hours.

=cut

sub funkqa_time_limit () {
    my $limit = get_var('FUNKQA_TIMEOUT');
    if (defined $limit) {
        die "FUNKQA_TIMEOUT: '$limit' is no number of seconds" unless $limit =~ /^[1-9][0-9]*$/;
        return $limit;
    }
    my ($minutes) = get_var('FUNKQA_EXPECTED', '') =~ /^([0-9]+)m$/;
    return 7200 unless defined $minutes;
    my $patient = 3 * 60 * $minutes;
    return $patient < 1800 ? 1800 : $patient;
}

=head2 funkqa_session_targets

Packages and ELF files that a session measures: C<FUNKQA_SESSION>, or C<funkqa_session> of the schedule's test data.

=cut

sub funkqa_session_targets () {
    require scheduler;
    my $data = scheduler::get_test_suite_data() // {};
    my $named = get_var('FUNKQA_SESSION') // $data->{funkqa_session} // '';
    my @targets = funkqa_list(ref $named ? join(' ', @$named) : $named);
    die 'a session measures nothing: set FUNKQA_SESSION, or funkqa_session in the test data' unless @targets;
    my @wrong = grep { !m{^[A-Za-z0-9/][A-Za-z0-9+._/-]*$} } @targets;
    die "FUNKQA_SESSION: '$wrong[0]' is neither a package nor a path" if @wrong;
    return @targets;
}

=head2 funkqa_session_name

Name of the session in results and reports: C<FUNKQA_SESSION_NAME>, or C<session>.

=cut

sub funkqa_session_name () { return funkqa_name('FUNKQA_SESSION_NAME', get_var('FUNKQA_SESSION_NAME', 'session')) }

=head2 funkqa_baselines

Addresses of the earlier results to compare with: those that C<FUNKQA_BASELINE> lists (addresses, and variables such
as C<ASSET_2>), or C<ASSET_1>. None means that there is nothing to compare with.

=cut

sub funkqa_baselines () {
    my @named = funkqa_list(get_var('FUNKQA_BASELINE') // (get_var('ASSET_1') ? 'ASSET_1' : ''));
    return map {
        my $source = $_;
        die "FUNKQA_BASELINE: '$source' is neither an address nor ASSET_n" unless $source =~ m{^(ASSET_[0-9]|https?://[^'\s]+)$};
        $source =~ /^ASSET/ ? (get_var($source) ? data_url($source) : ()) : $source;
    } @named;
}

=head2 funkqa_script_run

 funkqa_script_run($name, $script [, timeout => 300]);

Runs C<$script> by bash on the system under test and returns its exit code; 124 if the time was up. What it prints
goes to C</var/lib/funkqa/NAME.log>: long commands and long output overflow serial consoles.

=cut

sub funkqa_script_run ($name, $script, %args) {
    my $timeout = int(($args{timeout} // 300) * get_var('TIMEOUT_SCALE', 1));
    my $file = FUNKQA_STATE . "/$name";
    save_tmp_file("funkqa/$name.sh", "PATH=@{[FROM_GIT]}:\$PATH\n$script");
    assert_script_run('mkdir -p ' . FUNKQA_STATE);
    assert_script_run("curl -sS -f -o $file.sh " . autoinst_url("/files/funkqa/$name.sh"));
    return script_run("timeout --kill-after=30 $timeout bash $file.sh >$file.log 2>&1 </dev/null", timeout => $timeout + GRACE_S);
}

=head2 funkqa_listing

 funkqa_listing($directory);

Names of the files in a directory of the system under test; none if there is no such directory.

=cut

sub funkqa_listing ($directory) {
    return split /\n/, script_output("test ! -d $directory || ls -1 $directory", quiet => 1);
}

=head2 funkqa_unmeasured

 funkqa_unmeasured(@recipes);

Recipes that should have been run and left no JUnit report, so that openQA would show nothing of them.

=cut

sub funkqa_unmeasured (@recipes) {
    my $run = FUNKQA_STATE . '/run';
    my %reported = map { $_ => 1 } map { /^funkqa-(.+)\.xml$/ ? $1 : () } funkqa_listing("$run/reports");
    if (get_var('FUNKQA_SHARD')) {
        # Only funkqa knows which recipes are in the shard: it prints NAME: before whatever it does with one.
        my %tried = map { $_ => 1 } funkqa_list(script_output("sed -nE 's/^(funkqa: )?([a-z0-9_-]+): .*/\\2/p' $run.log | sort -u"));
        @recipes = grep { $tried{$_} } @recipes;
    }
    return grep { !$reported{$_} } @recipes;
}

=head2 funkqa_uploaded

 funkqa_uploaded($file);

Uploads a file and returns what is in it. Nothing of it is printed on the console.

=cut

sub funkqa_uploaded ($file) { return path('ulogs/' . upload_logs($file))->slurp }

=head2 funkqa_upload

 funkqa_upload($part);

Uploads the reports of C<run>, C<session> or C<compare>, and the result files, and shows the JUnit reports as modules
of their own. Many files become archives, and the texts one file, which openQA opens in the page.

=cut

sub funkqa_upload ($part) {
    my $state = FUNKQA_STATE;
    my @reports = funkqa_listing("$state/$part/reports");
    my @junit = grep { /\.xml$/ } @reports;
    my @results = $part eq 'compare' ? () : grep { /\.funkqa$/ } funkqa_listing("$state/results");
    @results = () unless get_var('FUNKQA_UPLOAD_DATA', 1);
    # The result files first: whatever fails later, they have all the rest in them.
    if (@results <= FEW) {
        upload_logs("$state/results/$_", log_name => $_, timeout => 600) for @results;
    }
    else {
        assert_script_run("tar -cf $state/funkqa-results.tar -C $state/results .", timeout => 300);
        upload_logs("$state/funkqa-results.tar", log_name => 'funkqa-results.tar', timeout => 1200);
    }
    if (@junit <= FEW) {
        upload_logs("$state/$part/reports/$_", timeout => 300) for grep { !/\.xml$/ } @reports;
    }
    else {
        assert_script_run("cat $state/$part/reports/*.txt >$state/$part.txt", timeout => 300);
        assert_script_run("tar -czf $state/$part.tar.gz -C $state/$part/reports --exclude=*.xml .", timeout => 300);
        upload_logs("$state/$part.$_", timeout => 600) for qw(txt tar.gz);
    }
    parse_extra_log(JUnit => "$state/$part/reports/$_", log_name => $_, timeout => 300) for @junit;
    return scalar @junit;
}

=head2 funkqa_restore_results

Brings result files that this job has uploaded back to the system under test, if they are not there any more: a test
module that failed in between may have rolled the machine back to a snapshot from before. Returns their number.

=cut

sub funkqa_restore_results () {
    my $results = FUNKQA_STATE . '/results';
    my %there = map { $_ => 1 } funkqa_listing($results);
    my @lost = grep { !$there{$_} } map { $_->basename } path('ulogs')->list->grep(qr/\.funkqa$/)->each;
    # An archive replaces no file that is there.
    push @lost, 'funkqa-results.tar' if !%there && -e 'ulogs/funkqa-results.tar';
    assert_script_run("mkdir -p $results");
    for my $name (@lost) {
        save_tmp_file("funkqa/$name", path("ulogs/$name")->slurp);
        assert_script_run("curl -sS -f -o $results/$name " . autoinst_url("/files/funkqa/$name"), timeout => 600);
        assert_script_run("tar -xf $results/$name -C $results && rm $results/$name", timeout => 300) if $name =~ /\.tar$/;
    }
    return scalar @lost;
}

=head2 funkqa_mark

 funkqa_mark($name);

What follows in the running session is reported as a step of its own. Any test module may call this; without a
session it does nothing.

=cut

sub funkqa_mark ($name) {
    my $safe = $name =~ s/[^A-Za-z0-9_.-]/_/gr;
    my $mark = "! command -v funkqa >/dev/null || funkqa mark $safe >/dev/null 2>&1";
    return script_run("( PATH=@{[FROM_GIT]}:\$PATH; $mark )", quiet => 1);
}

=head2 funkqa_selinux

C<Enforcing>, C<Permissive> or C<Disabled>. Measuring needs no other mode, so no module ever changes it.

=cut

sub funkqa_selinux () {
    return script_output('getenforce 2>/dev/null || echo Disabled', quiet => 1);
}

1;
