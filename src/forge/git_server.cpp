#include "forge/dialect.hpp"

namespace headway::forge {

namespace {

using enum RefusalKind;

constexpr std::string_view k_again = "run the same command again";
constexpr std::string_view k_ask_status = "run the same command again: it finds out what has moved";
constexpr std::string_view k_new_token = "{create_token} and put it into {place}";
constexpr std::string_view k_disk = "free space or widen the quota on the git server";
constexpr std::string_view k_repair = "git fsck in the server's repository";
constexpr std::string_view k_other_name =
    "delete or rename that ref, or choose another name: `branch:` of the environment, or `ledger: "
    "{{branch: NAME}}`, in .headway.yml";
constexpr std::string_view k_hidden =
    "git config --unset-all transfer.hideRefs in the server's repository, or `branch:` in "
    ".headway.yml: a branch that is not hidden";

// "cannot lock ref" is most often a lost race; what looks like one and is none stands before it.
constexpr std::array k_refusals{
    RefusalRow{
        server_broken, {"no space left on device"}, "the server's disk is full{said}", {k_disk}},
    RefusalRow{server_broken,
               {"disk quota exceeded"},
               "the server's disk quota is used up{said}",
               {k_disk}},
    RefusalRow{server_broken,
               {"file too large"},
               "a limit on the size of files keeps the server from storing the push{said}",
               {"raise the file size limit of the git service: ulimit -f, LimitFSIZE="}},
    RefusalRow{server_broken,
               {"read-only file system"},
               "the server's file system is read-only{said}",
               {"mount the git server's repositories writable"}},
    RefusalRow{server_broken,
               {"insufficient permission for adding an object"},
               "the git service may not write to its own repository{said}",
               {"give the server's repository to the user that the git service runs as"}},
    RefusalRow{server_broken,
               {"unable to create '", "permission denied"},
               "the git service may not write to its own repository{said}",
               {"give the server's repository to the user that the git service runs as"}},
    RefusalRow{creation_forbidden,
               {"exists; cannot create"},
               "a ref whose name is the beginning of {branch}'s, or the other way round, is in the "
               "way{said}",
               {k_other_name}},
    RefusalRow{creation_forbidden,
               {"there are still", "refs under"},
               "a ref whose name is the beginning of {branch}'s, or the other way round, is in the "
               "way{said}",
               {k_other_name}},
    RefusalRow{creation_forbidden,
               {"cannot lock ref", "blocking reference"},
               "a ref whose name is the beginning of {branch}'s, or the other way round, is in the "
               "way{said}",
               {k_other_name}},
    RefusalRow{creation_forbidden,
               {"at the same time", "cannot process"},
               "two refs of this push cannot stand side by side: one name is the beginning of the "
               "other{said}",
               {k_other_name}},
    RefusalRow{creation_forbidden,
               {"refname conflict"},
               "a ref whose name is the beginning of {branch}'s, or the other way round, is in the "
               "way{said}",
               {k_other_name}},
    RefusalRow{server_broken,
               {"cannot lock ref", "reference broken"},
               "{branch} is damaged on the server{said}",
               {k_repair}},
    RefusalRow{lost_race,
               {"unable to create '", "file exists"},
               "the server has {branch} locked: another push is under way, or one that was killed "
               "left its lock file behind{said}",
               {"run the same command again; if it stays so, remove that lock file on the "
                "server"}},
    RefusalRow{lost_race,
               {"base branch was modified"},
               "somebody else moved {branch} first{said}",
               {k_again}},
    RefusalRow{
        lost_race, {"cannot lock ref"}, "somebody else moved {branch} first{said}", {k_again}},
    RefusalRow{lost_race, {"but expected"}, "somebody else moved {branch} first{said}", {k_again}},
    RefusalRow{lost_race,
               {"incorrect old value provided"},
               "somebody else moved {branch} first{said}",
               {k_again}},
    RefusalRow{lost_race,
               {"reference already exists"},
               "somebody else created {branch} first{said}",
               {k_again}},
    RefusalRow{lost_race,
               {"reference does not exist"},
               "somebody else deleted {branch} first{said}",
               {k_again}},
    RefusalRow{lost_race, {"fetch first"}, "somebody else moved {branch} first{said}", {k_again}},
    RefusalRow{lost_race, {"stale info"}, "somebody else moved {branch} first{said}", {k_again}},
    RefusalRow{
        ref_forbidden, {"hidden ref"}, "the server hides {branch} from pushes{said}", {k_hidden}},
    RefusalRow{ref_forbidden,
               {"only push to branches and tags"},
               "the server takes branches and tags only{said}",
               {}},
    RefusalRow{ref_forbidden,
               {"funny refname"},
               "the server takes no ref of the name {branch}{said}",
               {"`branch:` in .headway.yml: a name that git check-ref-format accepts"}},
    RefusalRow{protected_branch,
               {"branch is currently checked out"},
               "{branch} is checked out in the server's repository, which has a work tree{said}",
               {"git config core.bare true in the server's repository, or push to a bare one"}},
    RefusalRow{non_fast_forward,
               {"non-fast-forward"},
               "the server does not let any branch be moved back{said}",
               {"git config receive.denyNonFastForwards false in the server's repository"}},
    RefusalRow{missing_objects,
               {"missing necessary objects"},
               "the server lacks objects that the commit needs{said}",
               {"push the commit to the source branch first"}},
    RefusalRow{missing_objects,
               {"shallow update not allowed"},
               "the server's repository is a shallow one{said}",
               {"git fetch --unshallow in the server's repository"}},
    RefusalRow{server_broken,
               {"pack exceeds maximum allowed size"},
               "the server takes no push as large as this one{said}",
               {"git config receive.maxInputSize 0 in the server's repository"}},
    RefusalRow{server_broken,
               {"transaction failed to start"},
               "the server could not start to move refs{said}",
               {k_again}},
    RefusalRow{server_broken,
               {"eof before pack header"},
               "the push reached the server incomplete{said}",
               {k_again}},
    RefusalRow{server_broken,
               {"unable to create temporary object directory"},
               "the server could not store the push{said}",
               {k_disk}},
};

constexpr std::array k_shared_reasons{
    RefusalRow{protected_branch,
               {"protected branch hook declined"},
               "{branch} is a protected branch and {bot} may not push to it{said}",
               {"allow {bot} to push to {branch} where the server's branches are protected"}},
    RefusalRow{protected_branch,
               {"repository rule violations"},
               "a rule of the repository forbids {bot} to push to {branch}{said}",
               {"let {bot} bypass the rule for {branch} where the server's rules are set"}},
    RefusalRow{
        lost_race, {"failed to update ref"}, "somebody else moved {branch} first{said}", {k_again}},
    RefusalRow{part_of_atomic,
               {"atomic transaction failed"},
               "{branch} was to move together with another ref, which could not be moved{said}",
               {k_again}},
    RefusalRow{part_of_atomic,
               {"atomic push fail"},
               "{branch} was to move together with another ref, which could not be moved{said}",
               {k_again}},
    RefusalRow{hook_declined,
               {"hook declined"},
               "a hook of the server's owner refused {branch}{said}",
               {"ask the server's owner what the hook wants"}},
    RefusalRow{server_broken, {"unpack"}, "the server could not store the push{said}", {k_repair}},
    RefusalRow{
        server_broken, {"index-pack"}, "the server could not store the push{said}", {k_repair}},
    RefusalRow{server_broken,
               {"reported no status"},
               "the server's report ended without a word about {branch}",
               {k_ask_status}},
};

constexpr std::array k_statuses{
    StatusRow{not_authenticated,
              203,
              203,
              "the server answered with a sign-in page (HTTP 203): {token} is wrong or expired",
              {k_new_token}},
    StatusRow{not_found,
              300,
              399,
              "the server answered with a redirect (HTTP {status}), which is never followed: "
              "{remote} is not the repository's address, or it wants a sign-in{said}",
              {"remote: in .headway.yml: the address that git clone takes"}},
    StatusRow{not_authenticated,
              401,
              401,
              "{token} is wrong, expired or without the right to push (HTTP 401){said}",
              {k_new_token}},
    StatusRow{
        role_too_low, 403, 403, "the server forbids this to {bot} (HTTP 403){said}", {k_new_token}},
    StatusRow{not_found,
              404,
              404,
              "{remote} is not the repository's address, or {bot} may not see it (HTTP 404){said}",
              {"remote: in .headway.yml: the address that git clone takes", k_new_token}},
    StatusRow{not_found,
              410,
              410,
              "the repository is gone from {remote} (HTTP 410){said}",
              {"remote: in .headway.yml: the address that git clone takes"}},
    StatusRow{timed_out,
              408,
              408,
              "the server gave up waiting for the request (HTTP 408){said}",
              {k_again}},
    StatusRow{server_broken,
              413,
              413,
              "the server, or a proxy before it, takes no request as large as this push (HTTP "
              "413){said}",
              {"raise the limit there; nginx: client_max_body_size 0"}},
    StatusRow{server_broken,
              429,
              429,
              "the server limits the number of requests (HTTP 429){said}",
              {"run the same command again after a minute"}},
    StatusRow{timed_out,
              504,
              504,
              "a proxy gave up waiting for the git server (HTTP 504){said}",
              {k_ask_status}},
    StatusRow{server_broken, 500, 599, "the server failed (HTTP {status}){said}", {k_ask_status}},
};

constexpr Dialect k_dialect{
    .name = "git",
    .other_name = {},
    .token_user = "git",
    .create_token = "create a token or password that may push on the git server",
    .hosts = {},
    .commit_link = {},
    .compare_link = {},
    .refusals = k_refusals,
};

}  // namespace

const Dialect& git_server() noexcept {
    return k_dialect;
}

std::span<const RefusalRow> shared_reasons() noexcept {
    return k_shared_reasons;
}

std::span<const StatusRow> status_rows() noexcept {
    return k_statuses;
}

}  // namespace headway::forge
