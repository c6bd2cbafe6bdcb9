// Servers and their load generators inside, and processes that share a data base.
#include "gtest/gtest.h"
#include "tests/sandbox/programs.h"
#include "tests/sandbox/run.h"

namespace sandbox::tests {
namespace {

TEST(Servers, RedisUnderItsBenchmark) {
  NEEDS("redis-server");
  NEEDS("redis-benchmark");
  const Outcome outcome = RunSandboxed(
      {"sh", "-c",
       R"(cd $(mktemp -d) && redis-server --port 7777 --daemonize yes --dir $PWD --save '' --appendonly yes --logfile log > /dev/null
    for i in $(seq 100); do redis-cli -p 7777 ping > /dev/null 2>&1 && break; sleep 0.1; done
    redis-cli -p 7777 set greeting hello; redis-cli -p 7777 get greeting
    redis-benchmark -p 7777 -q -n 2000 -c 20 -t set,get,lpush --csv | grep -c '^"[SGL]'
    redis-cli -p 7777 incrby n 41; redis-cli -p 7777 incr n; redis-cli -p 7777 bgrewriteaof > /dev/null
    redis-cli -p 7777 shutdown nosave; sleep 0.2; redis-cli -p 7777 ping 2>&1 | grep -c refused)"},
      {.timeout_seconds = 120});
  EXPECT_EQ(outcome.out, "OK\nhello\n3\n41\n42\n1\n") << outcome.err;
}

TEST(Servers, NginxUnderWrk) {
  NEEDS("nginx");
  NEEDS("wrk");
  const Outcome outcome =
      RunSandboxed({"sh", "-c", R"(cd $(mktemp -d) && chmod 755 . && mkdir www && seq 1 2000 > www/numbers
    printf 'worker_processes 2;\nerror_log %s/error.log;\npid %s/pid;\nevents { worker_connections 64; }\nhttp { access_log off;
      client_body_temp_path %s/b; proxy_temp_path %s/p; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;
      server { listen 127.0.0.1:8080; listen unix:%s/socket; root %s/www; sendfile on; } }\n' \
      $PWD $PWD $PWD $PWD $PWD $PWD $PWD $PWD $PWD > conf
    nginx -c $PWD/conf || cat error.log
    for i in $(seq 100); do curl -s http://127.0.0.1:8080/numbers > got && break; sleep 0.1; done; cmp got www/numbers && echo same
    curl -s --unix-socket $PWD/socket http://x/numbers | cmp - www/numbers && echo same
    curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:8080/none
    wrk -t2 -c10 -d2s http://127.0.0.1:8080/numbers > report; grep -c 'Requests/sec' report; grep -E 'Non-2xx|Socket errors' report
    nginx -c $PWD/conf -s reload; sleep 0.5; curl -s http://127.0.0.1:8080/numbers | cmp - www/numbers && echo same
    nginx -c $PWD/conf -s quit; sleep 0.5; test ! -e pid && echo ended)"},
                   {.timeout_seconds = 120});
  EXPECT_EQ(outcome.out, "same\nsame\n404\n1\nsame\nended\n") << outcome.err;
}

TEST(Servers, SqliteWithFourProcesses) {
  NEEDS("sqlite3");
  for (const char* mode : {"delete", "wal"}) {
    ExpectLikeNative(InScratch(std::string("sqlite3 t.db 'pragma journal_mode=") + mode + R"(; create table t(who, n);'
      for w in 1 2 3 4; do (for i in $(seq 15); do
        sqlite3 -cmd '.timeout 60000' t.db "begin immediate; insert into t values($w, $i); update t set n = n + 1 where who = $w; commit;"
      done) & done; wait; sqlite3 t.db 'select who, count(*), sum(n) from t group by who; pragma integrity_check')"),
                     {.timeout_seconds = 120});
  }
}

TEST(Servers, PythonHttpServerAndSocketsOfTheHostAreApart) {
  NEEDS("python3");
  NEEDS("curl");
  const Outcome outcome = RunSandboxed(
      {"sh", "-c",
       R"(cd $(mktemp -d) && echo page > page && python3 -m http.server 8099 --bind ::1 > /dev/null 2>&1 & p=$!
    for i in $(seq 100); do curl -s -g 'http://[::1]:8099/page' && break; sleep 0.1; done
    sed -n '2p' /proc/net/tcp6 | cut -c7-43; kill $p)"});
  EXPECT_EQ(outcome.out, "page\n00000000000000000000000001000000:1FA3\n") << outcome.err;
}

}  // namespace
}  // namespace sandbox::tests
