#include "http/redirects.hpp"
#include "http/response_reader.hpp"
#include "wire_fuzz.hpp"

/// An answer's head and body, line by line, and where its redirect leads.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace headway;
    const auto input = fuzz::text_of(data, size);
    HttpRequest request;
    request.url = "https://app.example.com/a/b?c";
    request.redirects = Redirects::any;
    request.secret_headers = {{"X-Secret", Secret("value")}};
    request.max_body = 100;
    http::ResponseReader reader(request);
    std::size_t at = 0;
    while (at < input.size() && !reader.head_complete()) {
        const auto end = std::min(input.find('\n', at), input.size() - 1) + 1;
        if (!reader.take_header_line(std::string_view(input).substr(at, end - at))) {
            return 0;
        }
        at = end;
    }
    static_cast<void>(reader.take_body(std::string_view(input).substr(at)));
    if (reader.body().size() > request.max_body) {
        std::abort();
    }
    const http::Url url(request.url, http::UrlSecrecy::open);
    for (const auto& header : reader.headers()) {
        static_cast<void>(http::retry_after(header.value, Clock::System{}));
        try {
            const HttpRequest next =
                http::redirected({request, url, request, url, 302, header.value, 0});
            const http::Url target(next.url, http::UrlSecrecy::open);
            if (!target.is_https() ||
                (!target.has_origin_of(url) && !next.secret_headers.empty())) {
                std::abort();
            }
        } catch (const TransportError&) {
            continue;
        }
    }
    return 0;
}
