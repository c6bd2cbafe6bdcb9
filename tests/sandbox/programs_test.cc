// Debian's programs, each against its native output.
#include <unistd.h>

#include "gtest/gtest.h"
#include "tests/sandbox/run.h"

namespace sandbox::tests {
namespace {

// Inside, /tmp is the overlay's: scripts work in a fresh directory there, natively in one that is removed again.
std::string InScratch(const std::string& script) {
  return "d=$(mktemp -d) && cd $d && { " + script + "\n}; s=$?; cd /; rm -rf $d; exit $s";
}

bool Have(const std::string& program) { return RunNative({"sh", "-c", "command -v " + program}).code == 0; }

#define NEEDS(program) \
  if (!Have(program)) GTEST_SKIP() << program << " is not installed: apt-get install it"

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
  ExpectLikeNative(
      InScratch(R"(printf 'all: p\np: a.o b.o\n\tgcc -o p a.o b.o\n%%.o: %%.c\n\tgcc -O1 -c $<\n' > Makefile
    echo 'int f(void); int main(void) { return f(); }' > a.c; echo 'int f(void) { return 9; }' > b.c; make -s -j2; ./p; echo $?)"),
      {.timeout_seconds = 120});
}

}  // namespace
}  // namespace sandbox::tests
