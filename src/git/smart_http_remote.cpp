#include "git/smart_http_remote.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "git/ls_refs.hpp"
#include "git/push_report.hpp"
#include "git/tree.hpp"

namespace headway::git {

namespace {

constexpr std::size_t k_max_advertisement = 256U << 20U;
constexpr std::size_t k_max_ref_list = 64U << 20U;
constexpr std::size_t k_max_fetch = 288U << 20U;  // PackLimits::pack_bytes and its framing.
constexpr std::size_t k_max_file = 1U << 20U;
constexpr std::uint32_t k_any_number = 0xFFFFFFFF;

std::set<std::string, std::less<>> as_set(std::span<const std::string> names) {
    return {names.begin(), names.end()};
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace

SmartHttpRemote::SmartHttpRemote(HttpClient& client, const Forge& forge, Trace& trace,
                                 SmartHttpSettings settings)
    : m_exchange(client, forge, trace, std::move(settings)), m_trace(trace) {}

RemoteRefs SmartHttpRemote::discover(std::span<const std::string> names) {
    const auto wanted = as_set(names);
    try {
        const auto reader = m_exchange.ask({.purpose = "asked what the server offers",
                                            .method = HttpMethod::get,
                                            .service = Service::upload_pack,
                                            .version_2 = true,
                                            .body = {},
                                            .max_body = k_max_advertisement},
                                           [&] {
                                               return std::make_unique<AdvertisementReader>(
                                                   Service::upload_pack, wanted, m_trace);
                                           });
        m_advertisement = reader->advertisement();
    } catch (const ServerRefusal& refusal) {
        throw m_exchange.explain(fmt::format("cannot read {}", m_exchange.url()), refusal);
    }
    const Capabilities& offered = m_advertisement->capabilities;
    if (m_advertisement->version == 2 && !(offered.has("ls-refs") && offered.has("fetch"))) {
        throw ProtocolError("it speaks protocol v2 without ls-refs or fetch");
    }
    return std::exchange(m_advertisement->refs, {});
}

const Advertisement& SmartHttpRemote::advertisement() {
    if (!m_advertisement) {
        (void)discover({});
    }
    return *m_advertisement;
}

RemoteRefs SmartHttpRemote::list_refs(std::span<const std::string> names) {
    const std::string body = ls_refs_request(names);
    if (names.empty()) {
        return {};
    }
    if (!m_advertisement || m_advertisement->version != 2) {
        RemoteRefs refs = discover(names);
        if (m_advertisement->version != 2) {
            return refs;
        }
    }
    try {
        const auto reader = m_exchange.ask(
            {.purpose = fmt::format("asked for {}", counted(names.size(), "ref", "refs")),
             .method = HttpMethod::post,
             .service = Service::upload_pack,
             .version_2 = true,
             .body = body,
             .max_body = k_max_ref_list},
            [&] { return std::make_unique<LsRefsReader>(names, m_trace); });
        return reader->refs();
    } catch (const ServerRefusal& refusal) {
        throw m_exchange.explain(fmt::format("cannot list the refs of {}", m_exchange.url()),
                                 refusal);
    }
}

FetchAnswer SmartHttpRemote::fetch(const FetchRequest& request, PackKeep keep,
                                   std::uint32_t abandon_above, std::string purpose,
                                   const PackLimits& limits) {
    const Advertisement& server = advertisement();
    const bool version_2 = server.version == 2;
    try {
        const auto reader =
            m_exchange.ask({.purpose = std::move(purpose),
                            .method = HttpMethod::post,
                            .service = Service::upload_pack,
                            .version_2 = version_2,
                            .body = version_2 ? fetch_body_v2(request)
                                              : fetch_body_v0(request, server.capabilities),
                            .max_body = k_max_fetch},
                           [&] {
                               return std::make_unique<FetchReader>(
                                   version_2 ? FetchReader::Dialect::v2 : FetchReader::Dialect::v0,
                                   keep, abandon_above, m_trace, limits);
                           });
        for (const std::string& message : reader->answer().messages) {
            m_trace.line(Verbosity::verbose, fmt::format("remote: {}", message));
        }
        return std::move(reader->answer());
    } catch (const ServerRefusal& refusal) {
        refuse_fetch(refusal, request);
    } catch (const EmptyAnswer& empty) {
        if (request.wants.size() != 1) {
            throw;
        }
        throw Error(ExitCode::failed,
                    fmt::format("the server did not answer when asked about commit {}",
                                request.wants.front().hex()),
                    fmt::format("{}: git's server ends so when the id is that of an annotated "
                                "tag, a folder or a file",
                                empty.because()),
                    {"give the id of the commit itself: git rev-parse NAME^{commit}"});
    }
}

void SmartHttpRemote::refuse_fetch(const ServerRefusal& refusal, const FetchRequest& request) {
    const std::string& words = refusal.words();
    const auto mentions = [&](std::string_view text) {
        return words.find(text) != std::string::npos;
    };
    if (mentions("not our ref") || mentions("not valid") || mentions("unadvertised object")) {
        const auto named = std::find_if(request.wants.begin(), request.wants.end(),
                                        [&](const ObjectId& id) { return mentions(id.hex()); });
        if (named != request.wants.end() || request.wants.size() == 1) {
            throw UnknownObject(named == request.wants.end() ? request.wants.front() : *named,
                                fmt::format("the server said: {}", words));
        }
    }
    throw m_exchange.explain(fmt::format("cannot read commits of {}", m_exchange.url()), refusal);
}

std::optional<ObjectId> SmartHttpRemote::find_file(const ObjectId& commit, std::string_view name) {
    const FetchAnswer answer =
        fetch({.wants = {commit}, .haves = {}, .shallow = {commit}, .depth = 0, .filter = "tree:1"},
              PackKeep::everything, k_any_number,
              fmt::format("asked for the root folder of {}", commit.short_hex()));
    const auto find = [&](const ObjectId& id, ObjectType type) -> const PackObject& {
        const auto found = std::find_if(answer.objects.begin(), answer.objects.end(),
                                        [&](const PackObject& object) { return object.id == id; });
        if (found == answer.objects.end() || found->type != type) {
            throw ProtocolError(fmt::format("object {} was asked for and did not come", id.hex()));
        }
        return *found;
    };
    const Commit parsed = parse_commit(commit, find(commit, ObjectType::commit).bytes);
    const auto entry = find_tree_entry(find(parsed.tree, ObjectType::tree).bytes, name);
    if (!entry) {
        return std::nullopt;
    }
    if (entry->kind != TreeEntryKind::file) {
        m_trace.line(Verbosity::normal, fmt::format("{} at {} is no regular file and is not read",
                                                    name, commit.short_hex()));
        return std::nullopt;
    }
    return entry->id;
}

std::optional<std::string> SmartHttpRemote::read_file(const ObjectId& commit,
                                                      std::string_view name) {
    const FetchAbilities abilities = fetch_abilities(advertisement());
    if (advertisement().version != 2 || !abilities.filter || !abilities.shallow) {
        throw Error(ExitCode::failed,
                    fmt::format("{} cannot be read from {}", name, m_exchange.url()),
                    "this server does not hand out single files (protocol v2 with filters)",
                    {"--config FILE", "turn on uploadpack.allowFilter on the server"});
    }
    const auto blob = find_file(commit, name);
    if (!blob) {
        return std::nullopt;
    }
    FetchAnswer answer;
    try {
        answer = fetch({.wants = {*blob}, .haves = {}, .shallow = {}, .depth = 0, .filter = {}},
                       PackKeep::everything, k_any_number, fmt::format("asked for {}", name));
    } catch (const PackTooLarge& error) {
        throw Error(ExitCode::failed, fmt::format("{} is larger than headway reads", name),
                    error.because(), {"--config FILE, with a file of at most 1 MiB"});
    }
    for (PackObject& object : answer.objects) {
        if (object.id == *blob && object.type == ObjectType::blob &&
            object.bytes.size() <= k_max_file) {
            return std::move(object.bytes);
        }
    }
    throw ProtocolError(fmt::format("file {} was asked for and did not come", blob->hex()));
}

const Capabilities& SmartHttpRemote::receiving() {
    if (!m_receiving) {
        try {
            const auto reader = m_exchange.ask(
                {.purpose = "asked what the server offers for a push",
                 .method = HttpMethod::get,
                 .service = Service::receive_pack,
                 .version_2 = false,
                 .body = {},
                 .max_body = k_max_advertisement},
                [&] {
                    return std::make_unique<AdvertisementReader>(
                        Service::receive_pack, std::set<std::string, std::less<>>{}, m_trace);
                });
            m_receiving = reader->advertisement().capabilities;
        } catch (const ServerRefusal& refusal) {
            throw m_exchange.explain(fmt::format("cannot push to {}", m_exchange.url()), refusal);
        }
    }
    return *m_receiving;
}

PushAbilities SmartHttpRemote::push_abilities() {
    const Capabilities& offered = receiving();
    return {.atomic = offered.has("atomic"),
            .push_options = offered.has("push-options"),
            .report_status = offered.has("report-status")};
}

ObjectId SmartHttpRemote::add_commit(const CommitDraft& draft) {
    return m_objects.add_commit(draft);
}

std::string SmartHttpRemote::push_words(const PushOptions& options) {
    std::string words = "report-status side-band-64k";
    if (options.atomicity == Atomicity::all_or_nothing) {
        words += " atomic";
    }
    if (!options.options.empty()) {
        words += " push-options";
    }
    // gitprotocol-capabilities: nothing is asked for that was not offered. Without having asked,
    // only what every server since 2015 knows, or leaves aside, is named.
    if (m_receiving && m_receiving->has("object-format")) {
        words += " object-format=sha1";
    }
    return words;
}

PushReport SmartHttpRemote::push(std::span<const RefUpdate> updates, const PushOptions& options) {
    struct ClearAfterwards {
        ObjectStore& store;
        explicit ClearAfterwards(ObjectStore& objects) : store(objects) {}
        ClearAfterwards(const ClearAfterwards&) = delete;
        ClearAfterwards& operator=(const ClearAfterwards&) = delete;
        ~ClearAfterwards() { store.clear(); }
    };
    const ClearAfterwards clear_afterwards(m_objects);
    if (updates.empty()) {
        return {};
    }
    PushOptions offered = options;
    if (!offered.options.empty() && !push_abilities().push_options) {
        offered.options.clear();
    }
    std::string body = push_commands(updates, push_words(offered), offered.options);
    const bool deletes_only = std::all_of(updates.begin(), updates.end(), [](const auto& update) {
        return update.desired.is_null();
    });
    if (!deletes_only) {
        body += m_objects.pack();
    }
    PushReportReader reader(updates, m_trace);
    m_exchange.push(body, updates.front().ref,
                    fmt::format("sent the push of {}", counted(updates.size(), "ref", "refs")),
                    reader);
    return std::move(reader.report());
}

std::unique_ptr<GitRemote> open_smart_http(HttpClient& client, const Forge& forge, Trace& trace,
                                           SmartHttpSettings settings) {
    return std::make_unique<SmartHttpRemote>(client, forge, trace, std::move(settings));
}

}  // namespace headway::git
