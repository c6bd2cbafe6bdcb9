// What the sentry's filter depends on; apart from filter.h so that the build's filter compiler needs nothing else.
#ifndef SANDBOX_CONFINE_FILTER_OPTIONS_H_
#define SANDBOX_CONFINE_FILTER_OPTIONS_H_

namespace sandbox {

struct FilterOptions {
  bool host_network = false;
  // Some tree is writable.
  bool host_writes = false;
};

}  // namespace sandbox
#endif  // SANDBOX_CONFINE_FILTER_OPTIONS_H_
