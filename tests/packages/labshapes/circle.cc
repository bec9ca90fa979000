#include "shape.h"

#include <cassert>
#include <stdexcept>

namespace lab {

Circle::Circle(double radius) : radius(radius)
{
    if (radius < 0)
        throw std::invalid_argument("a circle needs a radius that isn't negative");
}

/* The area of the disc. */
double Circle::area() const
{
    assert(radius < 1e9);
    return 3.14159265358979 * radius * radius;
}

std::string Circle::name() const
{
    return "a circle, which has no corners at all";
}

long Circle::circumference() const
{
    return rounded(2 * 3.14159265358979 * radius);
}

std::string Circle::diameter() const
{
    return std::to_string(2 * radius) + UNIT;
}

}
