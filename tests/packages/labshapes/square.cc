#include "shape.h"

#include <cassert>
#include <cmath>

namespace lab {

Square::Square(double side) : side(side)
{
}

double Square::area() const
{
    return side * side;
}

long Square::diagonal() const
{
    return rounded(std::sqrt(2.0) * side);
}

/* Larger or smaller, never gone. */
void Square::scale(double factor)
{
    assert(factor > 0);
    side *= factor;
}

void Square::halve()
{
    assert(side > 1);
    side /= 2;
}

}
