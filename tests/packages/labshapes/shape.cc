#include "shape.h"

namespace lab {

Shape::~Shape() = default;

std::string Shape::name() const
{
    return "a shape without a name of its own";
}

std::string Shape::described() const
{
    return name() + ": " + std::to_string(area()) + UNIT;
}

}
