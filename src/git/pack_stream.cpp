#include "git/pack_stream.hpp"

#include <openssl/evp.h>

#include "git/pkt_line.hpp"

namespace headway::git {

namespace {

[[noreturn]] void library_failed(const char* what) {
    throw Error(ExitCode::failed, what, "the machine is out of memory, or headway has a bug");
}

}  // namespace

PackInflater::PackInflater() {
    if (inflateInit(&m_stream) != Z_OK) {
        library_failed("zlib could not start");
    }
}

PackInflater::~PackInflater() {
    inflateEnd(&m_stream);
}

void PackInflater::restart() {
    if (inflateReset(&m_stream) != Z_OK) {
        library_failed("zlib could not start");
    }
}

void PackInflater::input(std::string_view piece) {
    // zlib's interface predates const; it does not write here.
    m_stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    m_stream.avail_in = static_cast<uInt>(piece.size());
}

PackInflater::Step PackInflater::step() {
    m_stream.next_out = reinterpret_cast<Bytef*>(m_output.data());
    m_stream.avail_out = static_cast<uInt>(m_output.size());
    const int status = inflate(&m_stream, Z_NO_FLUSH);
    const std::string_view bytes(m_output.data(), m_output.size() - m_stream.avail_out);
    if (status == Z_STREAM_END) {
        return {Progress::end, bytes};
    }
    if (status == Z_MEM_ERROR) {
        library_failed("zlib could not go on");
    }
    if (status != Z_OK && status != Z_BUF_ERROR) {
        throw ProtocolError("the pack is corrupt: an object cannot be inflated");
    }
    return {m_stream.avail_out == 0 ? Progress::more : Progress::needs_input, bytes};
}

void PackDigest::Deleter::operator()(EVP_MD_CTX* context) const noexcept {
    EVP_MD_CTX_free(context);
}

PackDigest::PackDigest() : m_context(EVP_MD_CTX_new()) {
    if (!m_context || EVP_DigestInit_ex(m_context.get(), EVP_sha1(), nullptr) != 1) {
        library_failed("SHA-1 could not start");
    }
}

void PackDigest::update(std::string_view bytes) {
    if (EVP_DigestUpdate(m_context.get(), bytes.data(), bytes.size()) != 1) {
        library_failed("SHA-1 could not go on");
    }
}

std::string PackDigest::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_DigestFinal_ex(m_context.get(), digest.data(), &size) != 1) {
        library_failed("SHA-1 could not end");
    }
    return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace headway::git
