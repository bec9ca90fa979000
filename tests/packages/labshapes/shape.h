#pragma once
#include <string>
#include <vector>

namespace lab {

/* What all lengths and areas are told in. */
constexpr char UNIT[] = "hundredths of a millimetre, as the drawing says";

/* Nobody calls it: it is inlined into whoever rounds. */
static inline long rounded(double value)
{
    return static_cast<long>(value * 100 + 0.5);
}

class Shape {
public:
    virtual ~Shape();
    virtual double area() const = 0;
    virtual std::string name() const;
    std::string described() const;
};

class Circle : public Shape {
public:
    explicit Circle(double radius);
    double area() const override;
    std::string name() const override;
    long circumference() const;
    std::string diameter() const;

private:
    double radius;
};

class Square : public Shape {
public:
    explicit Square(double side);
    double area() const override;
    long diagonal() const;
    void scale(double factor);
    void halve();

private:
    double side;
};

template <typename Each> double total(const std::vector<Each> &all)
{
    double sum = 0;
    for (const auto &each : all)
        sum += each.area();
    return sum;
}

}
