#include "forge_refusals.hpp"

namespace headway::forge::test {

namespace {

using enum RefusalKind;

const std::string k_again = "run the same command again";
const std::string k_ask = "run the same command again: it finds out what has moved";
const std::string k_disk = "free space or widen the quota on the git server";
const std::string k_repair = "git fsck in the server's repository";
const std::string k_owner = "give the server's repository to the user that the git service runs as";
const std::string k_clone_address = "remote: in .headway.yml: the address that git clone takes";
const std::string k_new_token =
    "create a token or password that may push on the git server and put it into "
    "$STAGING_PUSH_TOKEN";
const std::string k_other_name =
    "delete or rename that ref, or choose another name: `branch:` of the environment, or `ledger: "
    "{branch: NAME}`, in .headway.yml";

/// What git prints on side-band 2 while the ref itself only says "failed to update ref".
struct PrintedCase {
    std::string_view words;
    RefusalKind kind;
    std::string cause;
    std::string hint;
};

const std::string k_in_the_way =
    "a ref whose name is the beginning of _gitlab/agents/staging's, or the other way round, is "
    "in the way";
const std::string k_first = "somebody else moved _gitlab/agents/staging first";
const std::vector<PrintedCase> k_printed_cases{
    {"unable to create temporary file: No space left on device", server_broken,
     "the server's disk is full", k_disk},
    {"write failed: Disk quota exceeded", server_broken, "the server's disk quota is used up",
     k_disk},
    {"cannot lock ref 'refs/heads/a': Unable to create '/srv/a.lock': Read-only file system",
     server_broken, "the server's file system is read-only",
     "mount the git server's repositories writable"},
    {"insufficient permission for adding an object to repository database objects", server_broken,
     "the git service may not write to its own repository", k_owner},
    {"cannot lock ref 'refs/heads/a': Unable to create '/srv/a.lock': Permission denied",
     server_broken, "the git service may not write to its own repository", k_owner},
    {"cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create 'refs/heads/a/b'",
     creation_forbidden, k_in_the_way, k_other_name},
    {"cannot lock ref 'refs/heads/a': there are still refs under 'refs/heads/a'",
     creation_forbidden, k_in_the_way, k_other_name},
    {"cannot lock ref 'refs/heads/a': there is a non-empty directory '/srv/a' blocking "
     "reference 'refs/heads/a'",
     creation_forbidden, k_in_the_way, k_other_name},
    {"cannot process 'refs/heads/a' and 'refs/heads/a/b' at the same time", creation_forbidden,
     "two refs of this push cannot stand side by side: one name is the beginning of the other",
     k_other_name},
    {"cannot lock ref 'refs/heads/a': unable to resolve reference 'refs/heads/a': reference "
     "broken",
     server_broken, "_gitlab/agents/staging is damaged on the server", k_repair},
    {"cannot lock ref 'refs/heads/a': Unable to create '/srv/a.lock': File exists.", lost_race,
     "the server has _gitlab/agents/staging locked: another push is under way, or one that was "
     "killed left its lock file behind",
     "run the same command again; if it stays so, remove that lock file on the server"},
    {"cannot lock ref 'refs/heads/a': is at 1a but expected 2b", lost_race, k_first, k_again},
    {"ref refs/heads/a is at 1a but expected 2b", lost_race, k_first, k_again},
    {"eof before pack header was fully read", server_broken,
     "the push reached the server incomplete", k_again},
    {"pack exceeds maximum allowed size", server_broken,
     "the server takes no push as large as this one",
     "git config receive.maxInputSize 0 in the server's repository"},
    {"unable to create temporary object directory", server_broken,
     "the server could not store the push", k_disk},
};

/// What stands behind "ng <ref>" and says it all.
const std::vector<RefusalCase> k_reason_cases{
    {"refname conflict",
     creation_forbidden,
     ExitCode::refused,
     "a ref whose name is the beginning of _gitlab/agents/staging's, or the other way round, "
     "is in the way (the server said: \"refname conflict\")",
     {k_other_name}},
    {"incorrect old value provided",
     lost_race,
     ExitCode::failed,
     "somebody else moved _gitlab/agents/staging first (the server said: \"incorrect old value "
     "provided\")",
     {k_again}},
    {"reference already exists",
     lost_race,
     ExitCode::failed,
     "somebody else created _gitlab/agents/staging first (the server said: \"reference already "
     "exists\")",
     {k_again}},
    {"reference does not exist",
     lost_race,
     ExitCode::failed,
     "somebody else deleted _gitlab/agents/staging first (the server said: \"reference does "
     "not exist\")",
     {k_again}},
    {"fetch first",
     lost_race,
     ExitCode::failed,
     "somebody else moved _gitlab/agents/staging first (the server said: \"fetch first\")",
     {k_again}},
    {"stale info",
     lost_race,
     ExitCode::failed,
     "somebody else moved _gitlab/agents/staging first (the server said: \"stale info\")",
     {k_again}},
    {"failed to update ref",
     lost_race,
     ExitCode::failed,
     "somebody else moved _gitlab/agents/staging first (the server said: \"failed to update "
     "ref\")",
     {k_again}},
    {"atomic transaction failed",
     part_of_atomic,
     ExitCode::refused,
     "_gitlab/agents/staging was to move together with another ref, which could not be moved "
     "(the server said: \"atomic transaction failed\")",
     {k_again}},
    {"atomic push failure",
     part_of_atomic,
     ExitCode::refused,
     "_gitlab/agents/staging was to move together with another ref, which could not be moved "
     "(the server said: \"atomic push failure\")",
     {k_again}},
    {"deny updating a hidden ref",
     ref_forbidden,
     ExitCode::refused,
     "the server hides _gitlab/agents/staging from pushes (the server said: \"deny updating a "
     "hidden ref\")",
     {"git config --unset-all transfer.hideRefs in the server's repository, or `branch:` in "
      ".headway.yml: a branch that is not hidden"}},
    {"funny refname",
     ref_forbidden,
     ExitCode::refused,
     "the server takes no ref of the name _gitlab/agents/staging (the server said: \"funny "
     "refname\")",
     {"`branch:` in .headway.yml: a name that git check-ref-format accepts"}},
    {"branch is currently checked out",
     protected_branch,
     ExitCode::refused,
     "_gitlab/agents/staging is checked out in the server's repository, which has a work tree "
     "(the server said: \"branch is currently checked out\")",
     {"git config core.bare true in the server's repository, or push to a bare one"}},
    {"non-fast-forward",
     non_fast_forward,
     ExitCode::refused,
     "the server does not let any branch be moved back (the server said: "
     "\"non-fast-forward\")",
     {"git config receive.denyNonFastForwards false in the server's repository"}},
    {"missing necessary objects",
     missing_objects,
     ExitCode::failed,
     "the server lacks objects that the commit needs (the server said: \"missing necessary "
     "objects\")",
     {"push the commit to the source branch first"}},
    {"shallow update not allowed",
     missing_objects,
     ExitCode::failed,
     "the server's repository is a shallow one (the server said: \"shallow update not "
     "allowed\")",
     {"git fetch --unshallow in the server's repository"}},
    {"transaction failed to start",
     server_broken,
     ExitCode::failed,
     "the server could not start to move refs (the server said: \"transaction failed to "
     "start\")",
     {k_again}},
    {"unpack-objects abnormal exit",
     server_broken,
     ExitCode::failed,
     "the server could not store the push (the server said: \"unpack-objects abnormal exit\")",
     {k_repair}},
    {"index-pack abnormal exit",
     server_broken,
     ExitCode::failed,
     "the server could not store the push (the server said: \"index-pack abnormal exit\")",
     {k_repair}},
    {"unpacker error",
     server_broken,
     ExitCode::failed,
     "the server could not store the push (the server said: \"unpacker error\")",
     {k_repair}},
    {"pre-receive hook declined",
     hook_declined,
     ExitCode::refused,
     "a hook of the server's owner refused _gitlab/agents/staging (the server said: "
     "\"pre-receive hook declined\")",
     {"ask the server's owner what the hook wants"}},
    {"protected branch hook declined",
     protected_branch,
     ExitCode::refused,
     "_gitlab/agents/staging is a protected branch and the bot of $STAGING_PUSH_TOKEN may not "
     "push to it (the server said: \"protected branch hook declined\")",
     {"allow the bot of $STAGING_PUSH_TOKEN to push to _gitlab/agents/staging where the "
      "server's branches are protected"}},
    {"push declined due to repository rule violations",
     protected_branch,
     ExitCode::refused,
     "a rule of the repository forbids the bot of $STAGING_PUSH_TOKEN to push to "
     "_gitlab/agents/staging (the server said: \"push declined due to repository rule "
     "violations\")",
     {"let the bot of $STAGING_PUSH_TOKEN bypass the rule for _gitlab/agents/staging where the "
      "server's rules are set"}},
    {"the server reported no status for this ref",
     server_broken,
     ExitCode::failed,
     "the server's report ended without a word about _gitlab/agents/staging",
     {k_ask}},
    {"never heard of that",
     unknown,
     ExitCode::failed,
     "the server refused _gitlab/agents/staging (the server said: \"never heard of that\")",
     {"run the same command again with -vv: it shows all that the server said"}},
};

struct StatusCase {
    int status;
    std::string_view body;
    RefusalCase expected;
};

const std::vector<StatusCase> k_status_cases{
    {203,
     "<html><title>Sign in</title>",
     {"",
      not_authenticated,
      ExitCode::unauthorised,
      "the server answered with a sign-in page (HTTP 203): $STAGING_PUSH_TOKEN is wrong or "
      "expired",
      {k_new_token}}},
    {302,
     "<html><body>You are being redirected.</body></html>",
     {"",
      not_found,
      ExitCode::unauthorised,
      "the server answered with a redirect (HTTP 302), which is never followed: "
      "https://git.example.com/app.git is not the repository's address, or it wants a sign-in",
      {k_clone_address}}},
    {401,
     "Unauthorized",
     {"",
      not_authenticated,
      ExitCode::unauthorised,
      "$STAGING_PUSH_TOKEN is wrong, expired or without the right to push (HTTP 401) (the "
      "server said: \"Unauthorized\")",
      {k_new_token}}},
    {403,
     "<html>\r\n<head><TITLE>403 Forbidden</TITLE></head></html>",
     {"",
      role_too_low,
      ExitCode::unauthorised,
      "the server forbids this to the bot of $STAGING_PUSH_TOKEN (HTTP 403) (the server said: "
      "\"403 Forbidden\")",
      {k_new_token}}},
    {404,
     "",
     {"",
      not_found,
      ExitCode::unauthorised,
      "https://git.example.com/app.git is not the repository's address, or the bot of "
      "$STAGING_PUSH_TOKEN may not see it (HTTP 404)",
      {k_clone_address, k_new_token}}},
    {405,
     "Base branch was modified. Review and try the merge again.",
     {"",
      lost_race,
      ExitCode::failed,
      "somebody else moved the branch first (the server said: \"Base branch was modified. "
      "Review and try the merge again.\")",
      {k_again}}},
    {408,
     "",
     {"",
      timed_out,
      ExitCode::failed,
      "the server gave up waiting for the request (HTTP 408)",
      {k_again}}},
    {410,
     "",
     {"",
      not_found,
      ExitCode::unauthorised,
      "the repository is gone from https://git.example.com/app.git (HTTP 410)",
      {k_clone_address}}},
    {413,
     "",
     {"",
      server_broken,
      ExitCode::failed,
      "the server, or a proxy before it, takes no request as large as this push (HTTP 413)",
      {"raise the limit there; nginx: client_max_body_size 0"}}},
    {429,
     "Retry later",
     {"",
      server_broken,
      ExitCode::failed,
      "the server limits the number of requests (HTTP 429) (the server said: \"Retry "
      "later\")",
      {"run the same command again after a minute"}}},
    {418,
     "",
     {"",
      unknown,
      ExitCode::failed,
      "the server refused the request (HTTP 418)",
      {"run the same command again with -vv: it shows all that the server said"}}},
    {502,
     "<!doctype html><title>Bad Gateway</title>",
     {"",
      server_broken,
      ExitCode::failed,
      "the server failed (HTTP 502) (the server said: \"Bad Gateway\")",
      {k_ask}}},
    {504,
     "",
     {"",
      timed_out,
      ExitCode::failed,
      "a proxy gave up waiting for the git server (HTTP 504)",
      {k_ask}}},
};

}  // namespace

TEST_CASE("what git prints explains a ref that failed to update", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    for (const PrintedCase& row : k_printed_cases) {
        const std::string because =
            row.cause + " (the server said: \"" + std::string(row.words) + "\")";
        const RefusalCase expected{
            row.words,
            row.kind,
            row.kind == creation_forbidden ? ExitCode::refused : ExitCode::failed,
            because,
            {row.hint}};
        for (const std::string_view reason : {"failed to update ref", "unpacker error"}) {
            const ServerWords words = reason_words(reason, {"error: " + std::string(row.words)});
            check(forge->explain(words, promotion_context()), expected);
        }
    }
}

TEST_CASE("a ref's own reason explains it", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    for (const RefusalCase& row : k_reason_cases) {
        check(forge->explain(reason_words(row.said), promotion_context()), row);
    }
}

TEST_CASE("a status without a known text is explained by its number", "[forge]") {
    const auto forge = forge_for("https://git.example.com/app.git");
    RefusalContext context = promotion_context();
    context.ref.clear();
    context.remote = "https://git.example.com/app.git";
    for (const StatusCase& row : k_status_cases) {
        INFO("status " << row.status);
        check(forge->explain(status_words(row.status, row.body), context), row.expected);
    }
}

TEST_CASE("a hook's own words are quoted in full", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    check(forge->explain(reason_words("pre-receive hook declined",
                                      {"=====", "no deployments today,", "ask the release team"}),
                         promotion_context()),
          {"",
           hook_declined,
           ExitCode::refused,
           "a hook of the server's owner refused _gitlab/agents/staging (the server said: \"no "
           "deployments today, ask the release team\")",
           {"ask the server's owner what the hook wants"}});
}

TEST_CASE("a hook's known text wins over the race that git may print beside it", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    const ServerWords words =
        reason_words("failed to update ref",
                     {"cannot lock ref 'refs/heads/x'",
                      "GitLab: You are not allowed to push code to protected branches on this "
                      "project."});
    CHECK(forge->explain(words, promotion_context()).kind == protected_branch);
}

TEST_CASE("every ref of an atomic push lost the race that one of them lost", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    const std::vector<std::string> messages{
        "error: cannot lock ref 'refs/headway/ledger/staging': is at 1a but expected 2b"};
    for (const std::string_view reason : {"atomic transaction failed", "atomic push failure"}) {
        CHECK(forge->explain(reason_words(reason, messages), promotion_context()).kind ==
              lost_race);
    }
}

TEST_CASE("a bystander of an atomic push is not blamed", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    const std::vector<std::string> messages{
        "GitLab: You are not allowed to push code to protected branches on this project."};
    RefusalContext context = promotion_context();
    context.ref = "refs/headway/ledger/staging";
    CHECK(forge->explain(reason_words("atomic push failure", messages), context).kind ==
          part_of_atomic);

    context.ref = "refs/heads/_gitlab/agents/production";
    const ServerWords conflict = reason_words(
        "atomic transaction failed",
        {"error: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create "
         "'refs/heads/a/b'"});
    CHECK(forge->explain(conflict, context).kind == part_of_atomic);
    context.ref = "refs/heads/a/b";
    CHECK(forge->explain(conflict, context).kind == creation_forbidden);
}

TEST_CASE("what a server says is quoted printable and bounded", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    const std::string long_text = "\x1b[31m" + std::string(5000, 'x');
    const Diagnosis diagnosis =
        forge->explain(reason_words("hook declined", {long_text}), promotion_context());
    CHECK(diagnosis.because.size() < 450);
    CHECK(diagnosis.because.find('\x1b') == std::string::npos);
    CHECK(diagnosis.because.find("…\")") != std::string::npos);
    // A template's braces in a server's text are text.
    CHECK(forge->explain(reason_words("{branch} {0} {"), promotion_context()).because ==
          "the server refused _gitlab/agents/staging (the server said: \"{branch} {0} {\")");
}

TEST_CASE("a server that says nothing at all still gets an answer", "[forge]") {
    const Diagnosis diagnosis = forge_for({})->explain({}, {});
    CHECK(diagnosis.kind == unknown);
    CHECK(diagnosis.because == "the server refused the branch");
}

}  // namespace headway::forge::test
