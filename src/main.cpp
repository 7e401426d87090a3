#include "cli/main_program.hpp"

int main(int argc, char** argv) {
    return headway::cli::run(argc, argv);
}
