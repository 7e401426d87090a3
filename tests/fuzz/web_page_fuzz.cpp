#include "git/redirect.hpp"
#include "git/tree.hpp"
#include "git/web_page.hpp"
#include "wire_fuzz.hpp"

namespace {

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char letter) {
        return static_cast<unsigned char>(letter) >= 0x20 || letter == '\t';
    });
}

}  // namespace

/// What servers answer in place of git: pages and redirects; and a tree's entries.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using headway::git::RedirectKind;
    const auto input = headway::fuzz::text_of(data, size);
    const auto redirect = headway::git::judge_redirect("https://git.example.com/app.git", input,
                                                       "service=git-upload-pack");
    const headway::Error page =
        headway::git::not_git_error("https://git.example.com/app.git", input, input);
    const bool moved = redirect.kind == RedirectKind::moved_here;
    if (!is_printable(headway::git::page_summary(input)) || !is_printable(redirect.shown) ||
        !is_printable(page.because()) || (moved && redirect.base.empty())) {
        std::abort();
    }
    try {
        (void)headway::git::find_tree_entry(input, "name");
    } catch (const headway::Error&) {
        // The ordinary end of what a fuzzer sends.
    }
    return 0;
}
