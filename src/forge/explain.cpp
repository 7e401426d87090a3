#include "forge/explain.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "forge/phrases.hpp"
#include "forge/server_text.hpp"

namespace headway::forge {

namespace {

ExitCode code_of(RefusalKind kind, const RefusalContext& context) noexcept {
    switch (kind) {
        case RefusalKind::part_of_atomic:
        case RefusalKind::protected_branch:
        case RefusalKind::force_push_forbidden:
        case RefusalKind::merge_request_only:
        case RefusalKind::creation_forbidden:
        case RefusalKind::ref_forbidden:
        case RefusalKind::identity_refused:
        case RefusalKind::archived:
        case RefusalKind::non_fast_forward:
        case RefusalKind::hook_declined:
            return ExitCode::refused;
        case RefusalKind::role_too_low:
        case RefusalKind::job_token_forbidden:
        case RefusalKind::not_authenticated:
            return ExitCode::unauthorised;
        case RefusalKind::not_found:
            return context.token_name.empty() ? ExitCode::failed : ExitCode::unauthorised;
        case RefusalKind::lost_race:
        case RefusalKind::read_only:
        case RefusalKind::timed_out:
        case RefusalKind::missing_objects:
        case RefusalKind::server_broken:
        case RefusalKind::unknown:
            break;
    }
    return ExitCode::failed;
}

/// Where the words stood that gave the cause away.
enum class Source { own_reason, server_text, shared_reason, status };

/// One refusal with its cause found, before it is put in words.
struct Cause {
    RefusalKind kind = RefusalKind::unknown;
    Source source = Source::status;
    const Dialect* dialect = nullptr;
    std::string quote;
    std::string_view because;
    std::array<std::string_view, 2> hints;
};

struct Match {
    const RefusalRow* row = nullptr;
    std::string quote;
};

std::optional<Match> find_row(std::span<const RefusalRow> rows,
                              const std::vector<Sentence>& sentences) {
    for (const RefusalRow& row : rows) {
        for (const Sentence& sentence : sentences) {
            if (contains(sentence.text, row.words[0]) && contains(sentence.text, row.words[1])) {
                return Match{&row, sentence.quote};
            }
        }
    }
    return std::nullopt;
}

Cause cause_of(const Match& match, const Dialect& dialect, Source source) {
    return {.kind = match.row->kind,
            .source = source,
            .dialect = &dialect,
            .quote = match.quote,
            .because = match.row->because,
            .hints = match.row->hints};
}

/// The search of explain()'s contract.
class Search {
public:
    Search(const Dialect& self, const ServerWords& words)
        : m_self(self),
          m_words(words),
          m_said(sentences_of(words)),
          m_reason(sentences_of(words.ref_reason)) {}

    [[nodiscard]] Cause run() const {
        // git says this of refs that it would have moved: the printed text is another ref's,
        // but for a race, which concerns the push as a whole.
        const bool bystander = contains(m_words.ref_reason, "atomic push fail");
        if (!bystander) {
            if (auto cause = in_tables(m_reason, Source::own_reason)) {
                return *cause;
            }
        }
        if (auto cause = in_tables(m_said, Source::server_text);
            cause && (!bystander || cause->kind == RefusalKind::lost_race)) {
            return *cause;
        }
        if (auto match = find_row(shared_reasons(), m_reason)) {
            match->quote = everything_said();
            return cause_of(*match, m_self, Source::shared_reason);
        }
        if (auto match = find_row(shared_reasons(), m_said)) {
            return cause_of(*match, m_self, Source::shared_reason);
        }
        return by_status();
    }

private:
    [[nodiscard]] std::optional<Cause> in_tables(const std::vector<Sentence>& sentences,
                                                 Source source) const {
        if (auto match = find_row(m_self.refusals, sentences)) {
            return cause_of(*match, m_self, source);
        }
        for (const Dialect* dialect : all_dialects()) {
            if (auto match = find_row(dialect->refusals, sentences)) {
                return cause_of(*match, *dialect, source);
            }
        }
        return std::nullopt;
    }

    /// The last sentence is all of them in one, see sentences_of().
    [[nodiscard]] std::string everything_said() const {
        if (!m_said.empty()) {
            return m_said.back().quote;
        }
        return m_reason.empty() ? std::string{} : m_reason.back().quote;
    }

    [[nodiscard]] Cause by_status() const {
        Cause cause;
        cause.dialect = &m_self;
        cause.quote = everything_said();
        const int status = m_words.http_status;
        const auto rows = status_rows();
        const auto row = std::find_if(rows.begin(), rows.end(), [&](const StatusRow& candidate) {
            return candidate.first <= status && status <= candidate.last;
        });
        if (row != rows.end()) {
            cause.kind = row->kind;
            cause.because = row->because;
            cause.hints = row->hints;
        } else if (status >= 400) {
            cause.because = "the server refused the request (HTTP {status}){said}";
        } else {
            cause.because = "the server refused {branch}{said}";
        }
        if (cause.kind == RefusalKind::unknown) {
            cause.hints = {
                "run the same command again with -vv: it shows all that the server "
                "said"};
        }
        return cause;
    }

    const Dialect& m_self;
    const ServerWords& m_words;
    std::vector<Sentence> m_said;
    std::vector<Sentence> m_reason;
};

/// True when the sentence is surely about another ref of the same push: it names one and not this
/// one. Hooks name other refs too ("only commits of refs/heads/main"); so where the reason does
/// not say that refs moved together, only the border between branches and ledger counts.
bool speaks_of_another_ref(const Cause& cause, const ServerWords& words,
                           const RefusalContext& context) {
    if (context.ref.empty() || cause.source == Source::own_reason ||
        cause.kind == RefusalKind::lost_race) {
        return false;
    }
    const bool ledger = is_ledger_ref(context.ref);
    if (cause.kind == RefusalKind::ref_forbidden && !ledger) {
        return true;
    }
    const std::vector<std::string> named = refs_named_in(cause.quote);
    if (named.empty() || std::find(named.begin(), named.end(), context.ref) != named.end()) {
        return false;
    }
    return contains(words.ref_reason, "atomic") ||
           ledger != std::any_of(named.begin(), named.end(),
                                 [](const std::string& ref) { return is_ledger_ref(ref); });
}

/// True for what the ledger's ref meets only because it is no ordinary branch.
bool forbids_ledger_ref(const Cause& cause, const ServerWords& words) {
    switch (cause.kind) {
        case RefusalKind::protected_branch:
        case RefusalKind::force_push_forbidden:
        case RefusalKind::merge_request_only:
        case RefusalKind::ref_forbidden:
            return true;
        case RefusalKind::creation_forbidden:
            return cause.dialect != &git_server();
        case RefusalKind::hook_declined:
            return cause.source == Source::shared_reason;
        case RefusalKind::role_too_low:
            // The push itself was let in: it is this ref that needs more.
            return words.http_status == 200;
        default:
            return false;
    }
}

Cause about_another_ref(Cause cause) {
    cause.kind = RefusalKind::part_of_atomic;
    cause.because =
        "{branch} was to move together with another ref, which the server refused"
        "{said}";
    cause.hints = {};
    return cause;
}

Cause about_ledger_ref(Cause cause) {
    cause.kind = RefusalKind::ref_forbidden;
    cause.because =
        "the server does not let {bot} push to {branch}, where headway keeps its "
        "ledger{said}";
    cause.hints = {"ledger: {{branch: headway-ledger}} in .headway.yml"};
    return cause;
}

/// Without a token, every way of saying "not allowed" means the same.
Cause without_token(Cause cause) {
    if (cause.kind == RefusalKind::not_found) {
        cause.because =
            "{remote} is not the repository's address, or only a token may see it"
            "{said}";
        cause.hints = {"remote: in .headway.yml: the address that git clone takes",
                       "{token_setting}, NAME being a CI variable that holds an access token"};
        return cause;
    }
    cause.kind = RefusalKind::not_authenticated;
    cause.because = "no token is configured and the server wants one{said}";
    cause.hints = {"{token_setting}, NAME being a CI variable that holds an access token"};
    if (cause.dialect == &gitlab()) {
        cause.hints[1] =
            "Settings > CI/CD > Variables: a protected variable reaches only jobs on protected "
            "branches, one with an environment scope only jobs with that `environment:`";
    }
    return cause;
}

bool is_about_access(RefusalKind kind) noexcept {
    return kind == RefusalKind::not_authenticated || kind == RefusalKind::not_found ||
           kind == RefusalKind::role_too_low || kind == RefusalKind::job_token_forbidden;
}

}  // namespace

Diagnosis explain(const Dialect& self, const ServerWords& words, const RefusalContext& context) {
    Cause cause = Search(self, words).run();
    if (speaks_of_another_ref(cause, words, context)) {
        cause = about_another_ref(std::move(cause));
    } else if (is_ledger_ref(context.ref) && forbids_ledger_ref(cause, words)) {
        cause = about_ledger_ref(std::move(cause));
    } else if (context.token_name.empty() && is_about_access(cause.kind)) {
        cause = without_token(std::move(cause));
    }
    const Phrases phrases = phrases_for(*cause.dialect, context, cause.quote, words.http_status);
    Diagnosis diagnosis{.kind = cause.kind,
                        .code = code_of(cause.kind, context),
                        .because = phrases.fill(cause.because),
                        .hints = {}};
    for (const std::string_view hint : cause.hints) {
        if (!hint.empty()) {
            diagnosis.hints.push_back(phrases.fill(hint));
        }
    }
    return diagnosis;
}

}  // namespace headway::forge
