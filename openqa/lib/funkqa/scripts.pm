# Copyright the funkqa developers
# SPDX-License-Identifier: MIT
#
# Summary: The scripts that the coverage/funkqa_* modules run on the system under test
# Maintainer: the funkqa developers

package funkqa::scripts;

use Mojo::Base 'Exporter', -signatures;
use testapi;
use version_utils 'is_transactional';
use funkqa;

our @EXPORT = qw(
  funkqa_compare_script
  funkqa_debuginfo_script
  funkqa_publish_script
  funkqa_repositories_script
  funkqa_run_script
  funkqa_start_script
  funkqa_stop_script
);

=head2 funkqa_repositories_script

The script that enables all repositories with debuginfo that the system knows. Products come with them disabled:
repo-debug and repo-debug-update, openSUSE:repo-oss-debug, SLE-Module-Basesystem15-SP6-Debuginfo-Pool and their like.
One that can't be reached must not end the job: doctor and the reports say which debuginfo is missing. The script
fails if none is left.

=cut

sub funkqa_repositories_script () {
    return <<'END';
for alias in $(zypper -n --xmlout lr | sed -nE 's/.*<repo alias="([^"]*)".*/\1/p' | grep -i debug); do
    zypper -n mr -e -f "$alias" && zypper -n --gpg-auto-import-keys ref "$alias" || zypper -n mr -d "$alias"
done
zypper -n lr -E -u
zypper -n lr -E | grep -qi debug
END
}

=head2 funkqa_run_script

 funkqa_run_script(@recipes);

The script that measures recipes. A recipe of the test distribution (C<data/funkqa/NAME.yaml>) comes before the one
of the package, or of the checkout where C<FUNKQA_GITREF> is set. On ordinary systems the packages of the running
system are measured. On transactional ones nothing can be installed there, so recipes run in a throw-away root, unless
C<FUNKQA_SANDBOX=0> says that the packages are installed already.

=cut

sub funkqa_run_script (@recipes) {
    my @options = get_var('FUNKQA_SANDBOX', is_transactional() ? 1 : 0) ? ('--sandbox-dir /var/tmp') : ('--no-sandbox');
    push @options, '--debuginfo download' if is_transactional() && $options[0] eq '--no-sandbox';
    if (my $shard = get_var('FUNKQA_SHARD')) {
        die "FUNKQA_SHARD: '$shard': write K/N" unless $shard =~ m{^[1-9][0-9]*/[1-9][0-9]*$};
        push @options, "--shard $shard";
    }
    my $url = data_url('funkqa');
    my $state = FUNKQA_STATE;
    my $files = join ' ', map { "recipes/$_.yaml" } @recipes;
    return <<"END";
set -eu
mkdir -p $state/results
rm -rf $state/run
mkdir -p $state/run/recipes $state/run/reports
cd $state/run
library=$state/checkout/recipes
[ -d "\$library" ] || library=/usr/share/funkqa/recipes
for name in @recipes; do
    curl -s -f -o recipes/\$name.yaml $url/\$name.yaml || cp \$library/\$name.yaml recipes/ || {
        echo "no recipe \$name: neither data/funkqa/\$name.yaml nor \$library has it"
        exit 2
    }
done
exec funkqa run @options --results $state/results \\
    --report junit=reports/funkqa-{recipe}.xml --report html=reports/{recipe}.html \\
    --report json=reports/{recipe}.json --report text=reports/{recipe}.txt $files
END
}

=head2 funkqa_debuginfo_script

 funkqa_debuginfo_script(@targets);

The script that installs the debuginfo of packages and ELF files, by build ID, because a name may give that of another
build. It ends with 10 if nothing was installed; what nobody offers is left to the session's report.

=cut

sub funkqa_debuginfo_script (@targets) {
    my $install = is_transactional() ? 'transactional-update -n --continue pkg install' : 'zypper -n in';
    return <<"END";
set -u
missing=()
while read -r file; do
    [ -f "\$file" ] && [ ! -L "\$file" ] && [ "\$(head -c 4 "\$file" | tail -c 3 | tr -d '\\0')" = ELF ] || continue
    id=\$(eu-readelf -n "\$file" 2>/dev/null | sed -nE 's/^ *Build ID: ([0-9a-f]+).*/\\1/p' | head -n 1)
    [ -z "\$id" ] || [ -e /usr/lib/debug/.build-id/\${id:0:2}/\${id:2}.debug ] || missing+=("debuginfo(build-id)=\$id")
done < <(for target in @targets; do case \$target in */*) echo "\$target" ;; *) rpm -ql "\$target" ;; esac; done)
[ \${#missing[@]} -gt 0 ] || exit 10
$install "\${missing[@]}" && exit
# One that nobody offers makes the package manager install none.
code=10
for each in "\${missing[@]}"; do
    $install "\$each" && code=0 || echo "not installed: \$each"
done
exit \$code
END
}

=head2 funkqa_start_script

 funkqa_start_script(@targets);

The script that begins a session: from then on every process of the system counts that enters a function of C<@targets>.

=cut

sub funkqa_start_script (@targets) {
    return "exec funkqa start @targets --name " . funkqa_session_name() . "\n";
}

=head2 funkqa_stop_script

The script that ends the session and writes its result and reports.

=cut

sub funkqa_stop_script () {
    my ($state, $name) = (FUNKQA_STATE, funkqa_session_name());
    # As funkqa run names results: the session, version, release, architecture.
    my $result = join '-', $name, map { s/[^A-Za-z0-9._]/_/gr } get_var('VERSION', '0'), get_var('BUILD', '0'), get_var('ARCH', 'noarch');
    return <<"END";
set -eu
rm -rf $state/session
mkdir -p $state/session/reports $state/results
cd $state/results
funkqa status --name $name || true
exec funkqa stop --name $name -o $result.funkqa --report junit=$state/session/reports/funkqa-$name.xml \\
    --report html=$state/session/reports/$name.html --report json=$state/session/reports/$name.json \\
    --report text=$state/session/reports/$name.txt
END
}

=head2 funkqa_compare_script

 funkqa_compare_script(@addresses);

The script that fetches baselines and compares the results of this job with them. It ends with 10 if there is no
baseline, else with the exit code of C<funkqa compare>.

=cut

sub funkqa_compare_script (@addresses) {
    my %limits = (FUNKQA_TOLERANCE => '--tolerance', FUNKQA_MAX_LOST => '--max-lost', FUNKQA_FAIL_ON => '--fail-on');
    my @options;
    for my $variable (sort keys %limits) {
        for my $value (funkqa_list(get_var($variable))) {
            die "$variable: '$value' can't be an option" unless $value =~ /^[a-z0-9.%-]+$/;
            push @options, "$limits{$variable} $value";
        }
    }
    my $state = FUNKQA_STATE;
    my $fetch = join '', map { "fetch $_ '$addresses[$_]'\n" } 0 .. $#addresses;
    return <<"END";
set -eu
rm -rf $state/compare
mkdir -p $state/compare/baselines $state/compare/reports
cd $state/compare
fetch() {
    curl -sS -f -L -o fetched "\$2" || { echo "no baseline at \$2"; return 0; }
    mkdir baselines/\$1
    tar -xf fetched -C baselines/\$1 2>/dev/null || mv fetched baselines/\$1/"\${2##*/}"
}
${fetch}set -- baselines/*
test -d "\$1" || exit 10
exec funkqa compare @options "\$@" $state/results \\
    --report junit=reports/funkqa-compare-{recipe}.xml --report html=reports/{recipe}.html \\
    --report json=reports/{recipe}.json --report text=reports/{recipe}.txt
END
}

=head2 funkqa_publish_script

 funkqa_publish_script($archive);

The script that packs what later builds shall compare with: the result of each recipe that passed and lost nothing,
and for the others the baseline as it was. Otherwise a broken run would lower the mark, and many small losses, each
within the tolerance, would add up unseen. It ends with 10 if there is nothing to pack.

=cut

sub funkqa_publish_script ($archive) {
    die "FUNKQA_PUBLISH: '$archive': write a file name that ends in .tar" unless $archive =~ /^[A-Za-z0-9][A-Za-z0-9._-]*\.tar$/;
    my $state = FUNKQA_STATE;
    return <<"END";
set -eu
shopt -s nullglob
cd $state
rm -rf publish
mkdir publish
recipe() { local file=\${1##*/}; echo "\${file%-*-*-*}"; }
for result in results/*.funkqa; do
    name=\$(recipe "\$result")
    if funkqa report "\$result" >/dev/null && ! grep -qsE '(failures|errors)="[1-9]' compare/reports/funkqa-compare-\$name.xml; then
        echo "\$name: this result"
        cp "\$result" publish
        continue
    fi
    for earlier in compare/baselines/*/*.funkqa compare/baselines/*/*/*.funkqa; do
        [ "\$(recipe "\$earlier")" != "\$name" ] || { echo "\$name: an earlier result, because this one failed or lost functions"; cp "\$earlier" publish; }
    done
done
set -- publish/*
[ \$# -gt 0 ] || exit 10
tar -cf $archive -C publish .
END
}

1;
