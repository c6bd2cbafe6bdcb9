// Debian's programs, each against its native output.
#include "tests/sandbox/programs.h"

#include <unistd.h>

#include "gtest/gtest.h"
#include "tests/sandbox/run.h"

namespace sandbox::tests {
namespace {

TEST(Programs, Coreutils) {
  ExpectLikeNative(
      InScratch("seq 1 1000 | sort -rn | head -5; seq 10 | tac | wc -l; printf 'b\\na\\n' | sort | uniq -c"));
  ExpectLikeNative(
      InScratch("mkdir -p a/b/c; echo x > a/b/f; cp -a a z; ls -R z; mv z y; ln -s y l; readlink l; stat -c %s y/b/f"));
  ExpectLikeNative(
      InScratch("dd if=/dev/zero of=f bs=64k count=16 2>/dev/null; du -b f; sha256sum f; truncate -s 5 f; od -c f"));
  ExpectLikeNative("ls -l /usr/share/doc/coreutils; cat /etc/passwd | md5sum; basename /a/b; expr 6 '*' 7; factor 360");
  ExpectLikeNative(
      "echo one two | tr ' ' '\\n' | paste -sd,; date -u -d @0; env -i A=b env; id -un; test -d /usr && echo yes");
}

TEST(Programs, CoreutilsOnTrees) {
  ExpectLikeNative("ls -lR /usr/share/doc/bash /etc/apt");
  ExpectLikeNative(InScratch(
      "cp -a /usr/share/doc/bash . && diff -r bash /usr/share/doc/bash && "
      "stat -c '%n %A %U %G %Y %s' bash/*; du -ab bash/* | sort -k2; mv bash b2; ls b2; chmod -R u=rX b2; rm -rf b2"));
  ExpectLikeNative(
      InScratch("seq 1 100000 | sort -R --random-source=/etc/passwd | sort -n | md5sum; "
                "seq 1 30000 | sort -r -S 100k -T . --parallel=2 | md5sum; split -n 3 -d /etc/services p; cat p* | cmp "
                "- /etc/services"));
  ExpectLikeNative(InScratch(
      "seq 5 > f; tail -n +1 -s 0.1 -f f > seen & p=$!; until [ $(wc -l < seen) = 5 ]; do sleep 0.05; done; "
      "echo more >> f; until [ $(wc -l < seen) = 6 ]; do sleep 0.05; done; kill $p; cat seen; "
      "mkfifo p; cat p & echo via > p; wait $!; truncate -s 1M s; cp --sparse=always s t; du -k t; "
      "install -D -m 700 s a/b/c; stat -c %a a/b/c; ln s hard; stat -c %h s; touch -d 2001-01-01 s; stat -c %y s; "
      "dd if=s of=u bs=4k count=3 skip=1 conv=notrunc 2>&1 | head -2; timeout 0.2 sleep 9; echo $?; echo $(($(nice -n "
      "3 nice) - $(nice)))"));
}

// Directories of the host are renamed, as dpkg and git do.
TEST(Programs, RenamedDirectories) {
  const Outcome outcome = RunSandboxed(
      {"sh", "-c",
       "cd /usr/share/doc && mv bash bash-new && ls bash-new | wc -l && test ! -e bash && mkdir bash && ls -A bash && "
       "echo x > bash-new/extra && mv bash-new /tmp/ && cat /tmp/bash-new/extra && cmp /tmp/bash-new/copyright "
       "/usr/share/doc/dash/../../doc/bash/copyright 2>&1 | head -1; python3 -c \"import os; "
       "os.rename('/usr/share/perl5', "
       "'/usr/share/perl6'); print(len(os.listdir('/usr/share/perl6')) > 3, os.path.exists('/usr/share/perl5'))\""});
  EXPECT_NE(outcome.out.find("\nx\n"), std::string::npos) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("True False\n"), std::string::npos) << outcome.out << outcome.err;
}

TEST(Programs, Dash) {
  NEEDS("dash");
  ExpectProgramLikeNative({"dash", "-c", R"(
    set -e; f() { echo "f $# $1"; }; f a b; x=$(printf '%s\n' c b a | sort); echo "$x"; trap 'echo bye' EXIT
    i=0; while [ $i -lt 200 ]; do i=$((i + 1)); (exit 3) || :; done; echo $i; echo one | { read y; echo $y; }
    cat <<EOF | tr a-z A-Z
here $((6 * 7))
EOF
    (trap 'echo term; exit 4' TERM; kill -TERM $$; :) & wait $! || echo $?; set -- *; test $# -gt 0)"});
}

TEST(Programs, Compressors) {
  NEEDS("zstd");
  NEEDS("xz");
  ExpectLikeNative(
      InScratch("seq 1 50000 > f; for c in gzip xz 'zstd -q' 'zstd -q -T2 -19' 'xz -T2'; do $c -c f > g; wc -c < g; "
                "${c%% *} -dc g | cmp - f && echo same; done; gzip -l g 2>&1 | wc -l"));
}

TEST(Programs, Busybox) {
  NEEDS("busybox");
  ExpectLikeNative(InScratch(
      "busybox sh -c 'for i in 1 2 3; do echo $i; done | busybox awk \"{s+=\\$1} END {print s}\"'; "
      "busybox ls -l /etc/apt; busybox find /etc/apt | busybox sort; busybox tar cf - -C /etc apt | busybox tar tf - "
      "| busybox sort | busybox md5sum; busybox seq 3 | busybox xargs busybox echo; busybox ps > /dev/null && echo ps; "
      "busybox dd if=/dev/zero bs=1k count=4 2>/dev/null | busybox wc -c; busybox vi -h 2>&1 | head -1"));
}

// gVisor's own binary is the static Go program that Debian carries.
TEST(Programs, StaticGo) {
  NEEDS("runsc");
  ExpectLikeNative(
      InScratch("file -L $(command -v runsc) | grep -o 'statically linked'; runsc --version; "
                "runsc spec -- ls -l && md5sum config.json; runsc help | head -3"));
}

TEST(Programs, ProcessListing) {
  NEEDS("ps");
  const Outcome outcome =
      RunSandboxed({"sh", "-c",
                    "sleep 50 & p=$!; until grep -q sleep /proc/$p/comm; do :; done; "
                    "ps -e -o pid,ppid,stat,comm --no-headers | sed 's/  */ /g'; pgrep -c sleep; top -b -n1 "
                    "| grep -cw sleep; "
                    "uptime | grep -c load; free | grep -c Mem; kill $p; wait; ps -o user,group -p 1 --no-headers"});
  EXPECT_NE(outcome.out.find(" 1 0 S"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("sleep\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("1\n1\n1\n1\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("root     root"), std::string::npos) << outcome.out;
}

TEST(Programs, DpkgInstallsIntoTheOverlay) {
  NEEDS("dpkg-deb");
  const Outcome outcome = RunSandboxed({"sh", "-c", R"(cd $(mktemp -d) && mkdir -p p/DEBIAN p/usr/share/hey p/usr/bin &&
    printf 'Package: hey\nVersion: 1.0\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: says hey\n' > p/DEBIAN/control &&
    printf '#!/bin/sh\nset -e\necho configured $1 > /usr/share/hey/state\n' > p/DEBIAN/postinst && chmod 755 p/DEBIAN/postinst &&
    printf '#!/bin/sh\ncat /usr/share/hey/word\n' > p/usr/bin/hey && chmod 755 p/usr/bin/hey && echo hello > p/usr/share/hey/word &&
    dpkg-deb --root-owner-group -b p hey.deb > /dev/null && dpkg -i hey.deb > log 2>&1 || { cat log; exit 1; }
    hey; cat /usr/share/hey/state; dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' hey; dpkg -L hey | tail -1;
    dpkg -P hey > log 2>&1 || cat log; test ! -e /usr/bin/hey && echo gone)"});
  EXPECT_EQ(outcome.out, "hello\nconfigured configure\nhey 1.0 installed\n/usr/share/hey/word\ngone\n") << outcome.err;
  EXPECT_NE(RunNative({"dpkg-query", "-W", "hey"}).code, 0);
}

TEST(Programs, FindGrepSedAwk) {
  ExpectLikeNative("find /usr/share/doc -name 'copyright' | sort | head -20");
  ExpectLikeNative(
      "grep -c root /etc/passwd; sed -n '1,3s/:/|/gp' /etc/passwd; awk -F: '{n+=$3} END {print n}' /etc/passwd");
}

TEST(Programs, Archives) {
  ExpectLikeNative(
      InScratch("cp -r /usr/include/linux/netfilter n; tar cf n.tar n; tar tf n.tar | sort | md5sum; "
                "mkdir o; tar xf n.tar -C o; diff -r n o/n && echo same"));
  ExpectLikeNative(InScratch(
      "seq 1 20000 > f; gzip -k f; gunzip -c f.gz | cmp - f && echo gz; xz -k f; xz -dc f.xz | cmp - f && echo xz"));
}

TEST(Programs, Bash) {
  NEEDS("bash");
  ExpectProgramLikeNative({"bash", "-c", R"(
    set -u; a=(3 1 2); for i in "${a[@]}"; do echo $i; done | sort
    f() { local x=$1; echo $((x * x)); }; f 12; trap 'echo bye' EXIT; trap 'echo usr1' USR1; kill -USR1 $$
    diff <(echo a) <(echo b); (exit 3); echo $?; sleep 0.05 & wait $!; echo waited; cat <<< here; false | true; echo ${PIPESTATUS[@]})"});
}

TEST(Programs, Python) {
  NEEDS("python3");
  ExpectProgramLikeNative({"python3", "-c", R"(
import os, subprocess, threading, signal, mmap, tempfile, socket, select
print(subprocess.check_output(['echo', 'hey']))
r = []
t = [threading.Thread(target=lambda i=i: r.append(i)) for i in range(10)]
[x.start() for x in t]; [x.join() for x in t]; print(sorted(r))
signal.signal(signal.SIGALRM, lambda *a: print('alarm')); signal.setitimer(signal.ITIMER_REAL, 0.01); signal.pause()
m = mmap.mmap(-1, 8192); m[0:3] = b'abc'
if os.fork() == 0: m[0:3] = b'xyz'; os._exit(7)
print(os.WEXITSTATUS(os.wait()[1]), m[0:3])
a, b = socket.socketpair(); a.send(b'ping'); print(b.recv(10), select.select([a], [], [], 0))
with tempfile.TemporaryDirectory() as d:
    p = os.path.join(d, 'f'); open(p, 'w').write('x' * 100000); print(os.path.getsize(p), os.listdir(d))
)"});
}

TEST(Programs, Perl) {
  NEEDS("perl");
  ExpectProgramLikeNative(
      {"perl", "-e", R"(my %h = map { $_ => $_ ** 2 } 1 .. 5; print "$_=$h{$_}\n" for sort keys %h; print `echo sub`;
    pipe(R, W); if (!fork) { close R; print W "child\n"; exit 3 } close W; print <R>; wait; print $? >> 8, "\n";)"});
}

TEST(Programs, Sqlite) {
  NEEDS("sqlite3");
  ExpectLikeNative(InScratch(
      "sqlite3 t.db 'create table t(a integer primary key, b text); with recursive c(x) as (select 1 union all select "
      "x+1 from c where x<2000) insert into t select x, hex(x) from c; select count(*), sum(a) from t;'; "
      "for i in 1 2 3 4; do sqlite3 -cmd '.timeout 20000' t.db \"update t set b='p' where a=$i\" & done; wait; "
      "sqlite3 t.db \"select count(*) from t where b='p'\""));
}

TEST(Programs, Git) {
  NEEDS("git");
  ExpectLikeNative(InScratch(
      "export HOME=$PWD GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'; "
      "git config --global user.email a@b; git config --global user.name n; git init -q -b main r && cd r && "
      "seq 100 > f && git add f && git commit -qm one && echo x >> f && git commit -qam two && git log --oneline && "
      "git clone -q . ../c && cd ../c && git gc -q && git fsck && git log --format=%H"));
}

TEST(Programs, GccAndMake) {
  NEEDS("make");
  NEEDS("gcc");
  // Twenty files, two jobs.
  ExpectLikeNative(InScratch(R"(for i in $(seq 20); do echo "int f$i(int x) { return x + $i; }" > f$i.c; done
    { for i in $(seq 20); do echo "int f$i(int);"; done; echo "int main(void) { return (f1(1) + f20(3)) & 255; }"; } > main.c
    printf 'OBJ := $(patsubst %%.c,%%.o,$(wildcard *.c))\np: $(OBJ)\n\t@gcc -o $@ $^\n%%.o: %%.c\n\t@gcc -O1 -c $<\n' > Makefile
    make -s -j2; ./p; echo $?; ls *.o | wc -l)"),
                   {.timeout_seconds = 180});
  ExpectLikeNative(
      InScratch(R"(printf 'all: p\np: a.o b.o\n\tgcc -o p a.o b.o\n%%.o: %%.c\n\tgcc -O1 -c $<\n' > Makefile
    echo 'int f(void); int main(void) { return f(); }' > a.c; echo 'int f(void) { return 9; }' > b.c; make -s -j2; ./p; echo $?)"),
      {.timeout_seconds = 120});
}

}  // namespace
}  // namespace sandbox::tests
