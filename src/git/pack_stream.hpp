#pragma once

#include <zlib.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

typedef struct evp_md_ctx_st EVP_MD_CTX;  // NOLINT(modernize-use-using): as OpenSSL declares it

namespace headway::git {

/// zlib's inflate as a pack needs it: one stream after the other, in pieces, with the place where
/// a stream ends. Not movable: zlib points back into its state.
class PackInflater {
public:
    enum class Progress { more, needs_input, end };
    struct Step {
        Progress progress = Progress::more;
        std::string_view bytes;  ///< Valid until the next step.
    };

    PackInflater();
    PackInflater(const PackInflater&) = delete;
    PackInflater& operator=(const PackInflater&) = delete;
    ~PackInflater();

    /// Begins a new stream.
    void restart();
    /// `piece` must live until `step` said needs_input or end.
    void input(std::string_view piece);
    /// Inflates at most 16 KiB. Throws ProtocolError for bytes that zlib refuses.
    [[nodiscard]] Step step();
    /// The input's bytes behind the stream's end.
    [[nodiscard]] std::size_t unused() const noexcept { return m_stream.avail_in; }

private:
    z_stream m_stream{};
    std::array<char, 16U << 10U> m_output{};
};

/// The SHA-1 that ends a pack.
class PackDigest {
public:
    PackDigest();
    void update(std::string_view bytes);
    /// 20 bytes. To be called once, last.
    [[nodiscard]] std::string finish();

private:
    struct Deleter {
        void operator()(EVP_MD_CTX* context) const noexcept;
    };
    std::unique_ptr<EVP_MD_CTX, Deleter> m_context;
};

}  // namespace headway::git
