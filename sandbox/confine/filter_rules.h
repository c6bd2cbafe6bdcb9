// The sentry's allow-list, as libseccomp rules. Only the build uses it: see filter_compiler.cc.
#ifndef SANDBOX_CONFINE_FILTER_RULES_H_
#define SANDBOX_CONFINE_FILTER_RULES_H_

#include <seccomp.h>

#include "sandbox/confine/filter_options.h"

namespace sandbox {

// 0, or the negative errno of the first rule that libseccomp did not take.
int AddSentryRules(const FilterOptions& options, scmp_filter_ctx context);

}  // namespace sandbox
#endif  // SANDBOX_CONFINE_FILTER_RULES_H_
