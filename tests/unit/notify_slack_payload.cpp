#include <cstddef>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "notify/slack.hpp"
#include "notify/slack_text.hpp"
#include "notify_messages.hpp"

namespace headway::notify::test {

namespace {

using nlohmann::json;

json payload_of(const DeploymentMessage& message) {
    return json::parse(slack_payload(message));
}

std::string golden(const std::string& name) {
    const std::string path = std::string(HEADWAY_UNIT_DATA) + "/slack/" + name + ".json";
    std::ifstream file(path);
    INFO(path);
    REQUIRE(file.is_open());
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void visit(const json& value, const std::function<void(const json&)>& see) {
    if (value.is_object()) {
        see(value);
    }
    if (value.is_structured()) {
        for (const auto& inner : value) {
            visit(inner, see);
        }
    }
}

std::string type_of(const json& object) {
    return object.value("type", std::string{});
}

/// All letters that a block shows.
std::string shown_text(const json& block) {
    std::string text;
    visit(block, [&](const json& object) {
        if (object.contains("text") && object["text"].is_string()) {
            text += object["text"].get<std::string>();
        }
    });
    return text;
}

std::string list_text(const json& payload) {
    for (const json& block : payload["blocks"]) {
        if (block["type"] == "rich_text" && block["elements"][0]["type"] == "rich_text_list") {
            return shown_text(block);
        }
    }
    return {};
}

void check_element(const json& object) {
    const std::string type = type_of(object);
    if (type == "text" || type == "link" || type == "plain_text") {
        CHECK_FALSE(object.at("text").get<std::string>().empty());
    }
    if (type == "link") {
        const auto url = object.at("url").get<std::string>();
        CHECK(url.size() <= 3000);
        CHECK((url.starts_with("https://") || url.starts_with("http://")));
        CHECK(url.find_first_of("<>|\"` \n") == std::string::npos);
    }
    if (type.starts_with("rich_text")) {
        CHECK_FALSE(object.at("elements").empty());
    }
    // Markup, mentions and pictures exist only as these, and none is ever made.
    CHECK(type != "mrkdwn");
    CHECK(type != "broadcast");
    CHECK(type != "user");
    CHECK(type != "usergroup");
    CHECK(type != "channel");
    CHECK(type != "emoji");
}

}  // namespace

TEST_CASE("a Slack message is exactly as agreed", "[notify]") {
    for (const auto& [name, message] : all_messages()) {
        INFO(name);
        CHECK(payload_of(message).dump(2) + "\n" == golden(name));
    }
}

TEST_CASE("a Slack message keeps within Slack's limits", "[notify]") {
    for (const auto& [name, message] : all_messages()) {
        INFO(name);
        const json payload = payload_of(message);
        CHECK(payload.size() == 2);
        const auto text = payload.at("text").get<std::string>();
        CHECK_FALSE(text.empty());
        CHECK(slack_length(text) <= 3000);
        const json& blocks = payload.at("blocks");
        CHECK_FALSE(blocks.empty());
        CHECK(blocks.size() <= 50);
        CHECK(blocks[0]["type"] == "header");
        CHECK(slack_length(blocks[0]["text"]["text"].get<std::string>()) <= 150);
        for (const json& block : blocks) {
            CHECK(slack_length(shown_text(block)) <= 3000);
            visit(block, check_element);
        }
    }
}

TEST_CASE("the fallback text is the only markup, and nothing in it pings", "[notify]") {
    const auto text = payload_of(hostile_message())["text"].get<std::string>();
    std::size_t links = 0;
    for (auto at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
        ++links;
        CHECK(
            text.substr(at).starts_with("<https://ci.example.com/run%7C1%3E2?x=%3Cy%3E&amp;z=1|"));
    }
    CHECK(links == 1);
    CHECK(text.find("@channel") == std::string::npos);
    CHECK(text.find("@here") == std::string::npos);
    CHECK(text.find("&lt;!here&gt;") != std::string::npos);
    CHECK(text.find("&amp;amp;") != std::string::npos);
}

TEST_CASE("subjects arrive letter by letter", "[notify]") {
    const std::string shown = list_text(payload_of(hostile_message()));
    CHECK(shown.find("<!here> <!channel> @channel @here <@U123> *bold* _it_ ~no~ `code`") !=
          std::string::npos);
}

TEST_CASE("ten changes are listed, the others are counted", "[notify]") {
    DeploymentMessage message = many_changes_message();
    const auto text = [&] { return list_text(payload_of(message)); };
    CHECK(text().find("Change number 9") != std::string::npos);
    CHECK(text().find("Change number 10") == std::string::npos);
    CHECK(text().ends_with("and 290 more"));

    message.changes_cut = true;
    CHECK(text().ends_with("and more than 290 more"));

    message.changes.resize(10);
    message.changes_total = 10;
    CHECK(text().ends_with("and more"));
    message.changes_cut = false;
    CHECK(text().ends_with("Change number 9 (Ann Example)"));
    message.changes_total = 11;
    CHECK(text().ends_with("and 1 more"));
    message.changes_total = 0;  // Less than are listed: the list is right.
    CHECK(text().ends_with("Change number 9 (Ann Example)"));
}

TEST_CASE("a rollback command is shown whole or not at all", "[notify]") {
    DeploymentMessage message = unhealthy_message();
    const auto shows = [&] {
        return payload_of(message).dump().find("rich_text_preformatted") != std::string::npos;
    };
    CHECK(shows());
    message.rollback_command.assign(1000, 'x');
    CHECK(shows());
    message.rollback_command.assign(1001, 'x');
    CHECK_FALSE(shows());
    message.rollback_command.clear();
    CHECK_FALSE(shows());
}

TEST_CASE("bytes that are not UTF-8 do not cost the message", "[notify]") {
    DeploymentMessage message = verified_message();
    message.actor = "\xFF\xC3 \xE2\x82";
    message.changes[0].subject = std::string(300, '\x80');
    const json payload = payload_of(message);
    CHECK(payload["blocks"].size() == 3);
}

TEST_CASE("text is cut between characters and says so", "[notify]") {
    CHECK(cut_to("abc", 3) == "abc");
    CHECK(cut_to("abcd", 3) == "ab…");
    CHECK(cut_to("äöüß", 3) == "äö…");
    CHECK(cut_to("日本語", 3) == "日本語");
    CHECK(cut_to("😀😀", 4) == "😀😀");
    CHECK(cut_to("😀😀", 3) == "😀…");
    CHECK(cut_to("😀😀", 2) == "…");
    CHECK(cut_to("a😀😀", 3) == "a…");
    CHECK(cut_to("abc", 1) == "…");
    CHECK(cut_to("abc", 0).empty());
    CHECK(cut_to("", 0).empty());
    CHECK(slack_length("aä日😀") == 5);
}

TEST_CASE("escaping knows Slack's three entities and words that begin with @", "[notify]") {
    CHECK(escaped("a < b && c > d") == "a &lt; b &amp;&amp; c &gt; d");
    CHECK(escaped("@here (@all) ann@example.com") == "@\u200Bhere (@\u200Ball) ann@example.com");
}

TEST_CASE("right-to-left text is isolated, other text is left alone", "[notify]") {
    CHECK(isolated("Ann, 日本, Żółć 😀") == "Ann, 日本, Żółć 😀");
    CHECK(isolated("fix שלום") == "\u2068fix שלום\u2069");
    CHECK(isolated("").empty());
}

TEST_CASE("durations read as people say them", "[notify]") {
    using std::chrono::milliseconds;
    CHECK(human_duration(milliseconds{-5}) == "0 ms");
    CHECK(human_duration(milliseconds{850}) == "850 ms");
    CHECK(human_duration(milliseconds{42'999}) == "42 s");
    CHECK(human_duration(milliseconds{60'000}) == "1 min");
    CHECK(human_duration(milliseconds{185'000}) == "3 min 5 s");
    CHECK(human_duration(milliseconds{3'600'000}) == "1 h");
    CHECK(human_duration(milliseconds{7'499'000}) == "2 h 4 min");
}

TEST_CASE("only web addresses are linked, and encoded", "[notify]") {
    CHECK(linkable("https://a.example/x?y=1&z=2#f") == "https://a.example/x?y=1&z=2#f");
    CHECK(linkable("http://127.0.0.1:80/a|b>c") == "http://127.0.0.1:80/a%7Cb%3Ec");
    CHECK(linkable("https://a.example/ü") == "https://a.example/%C3%BC");
    for (const std::string url :
         {"", "javascript:alert(1)", "/path", "https://", "https:///x", "ftp://a.example",
          "https://a.example/a b", "https://a.example/\n"}) {
        INFO(url);
        CHECK(linkable(url).empty());
    }
    CHECK(linkable("https://a.example/" + std::string(1982, 'x')).size() == 2000);
    CHECK(linkable("https://a.example/" + std::string(1983, 'x')).empty());
}

}  // namespace headway::notify::test
