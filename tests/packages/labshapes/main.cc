#include "shape.h"

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace {

__attribute__((noinline)) void tell(const char *what, double value)
{
    std::printf("%s: %ld\n", what, lab::rounded(value));
}

__attribute__((noinline)) int complain(const std::exception &error)
{
    std::fprintf(stderr, "labshapes: %s\n", error.what());
    return 1;
}

}

int main(int argc, char **argv)
{
    try {
        const double size = argc > 1 ? std::atof(argv[1]) : 1;
        std::vector<lab::Circle> circles{lab::Circle(size), lab::Circle(2 * size)};
        std::vector<lab::Square> squares{lab::Square(size)};
        tell("circles", total(circles));
        tell("squares", total(squares));
        std::puts(circles[0].described().c_str());
    } catch (const std::exception &error) {
        return complain(error);
    }
    return 0;
}
