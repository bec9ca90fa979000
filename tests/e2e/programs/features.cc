// Ways to enter a function in C++. What is called unused... never runs.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#define KEPT __attribute__((noipa))

namespace {

template <typename T> KEPT T doubled(T value) { return value + value; }
template <int N> struct Countdown {
    KEPT static int value() { return N + Countdown<N - 1>::value(); }
};
template <> struct Countdown<0> {
    KEPT static int value() { return 0; }
};
template <typename... Ts> KEPT int count(Ts...) { return sizeof...(Ts); }

struct Traced {
    explicit Traced(int *count) : count(count) { ++*count; }
    KEPT ~Traced() { --*count; }
    int *count;
};

KEPT void throws(int n)
{
    if (n)
        throw std::out_of_range("deep");
}
KEPT void unused_after_throw() { std::puts("not reached"); }
KEPT void middle(int *count, int n)
{
    Traced local(count);
    throws(n);
    unused_after_throw();
}
KEPT int catches(int n)
{
    int alive = 0;
    try {
        middle(&alive, n);
    } catch (const std::logic_error &error) {
        std::printf("%s %d\n", error.what(), alive);
        return 1;
    }
    return 0;
}
KEPT int rethrows()
{
    try {
        try {
            throw 5;
        } catch (...) {
            throw;
        }
    } catch (int n) {
        return n;
    }
}

struct Shape {
    virtual ~Shape() = default;
    virtual int area() const = 0;
    virtual int unused_virtual() const { return 7; }
};
struct Named {
    virtual ~Named() = default;
    virtual const char *name() const { return "nobody"; }
};
struct Square : Shape, Named {
    explicit Square(int side) : side(side) {}
    int area() const override { return side * side; }
    const char *name() const override { return side ? "square" : "point"; }
    int side;
};
struct UnusedShape : Shape {
    int area() const override { return 9; }
};
struct Base : virtual Named {};
struct Diamond : Base {
    const char *name() const override { return "diamond"; }
};

KEPT Shape *make(int n) { return n < 0 ? static_cast<Shape *>(new UnusedShape) : new Square(n); }
KEPT const char *named(const Named &object) { return object.name(); }

struct Global {
    KEPT Global() { std::puts("constructed before main"); }
    KEPT ~Global() { std::puts("destructed after main"); }
} global;
struct PerThread {
    KEPT PerThread() : n(1) {}
    KEPT ~PerThread() { std::puts("thread is over"); }
    int n;
};
thread_local PerThread per_thread;

inline __attribute__((always_inline)) int only_inlined(int n) { return n * 17; }
KEPT int function_static()
{
    static std::string text(doubled(3), 'x');
    return static_cast<int>(text.size());
}
KEPT int work() { return per_thread.n; }

}  // namespace

int main(int argc, char **)
{
    std::printf("%d %g %s\n", doubled(argc), doubled(1.5), doubled(std::string("ab")).c_str());
    std::printf("%d %d\n", Countdown<3>::value(), count(1, 'a', "b"));
    std::printf("%d %d %d\n", catches(1), rethrows(), only_inlined(argc));
    std::unique_ptr<Shape> shape(make(4));
    std::printf("%d %s\n", shape->area(), named(dynamic_cast<Named &>(*shape)));
    std::printf("%s\n", named(Diamond()));

    auto unused_lambda = [](int n) { return n - 1; };
    auto scale = [factor = argc + 1](int n) { return n * factor; };
    std::function<int(int)> erased = scale;
    if (argc > 100)
        erased = unused_lambda;
    std::vector<int> numbers{3, 1, 2};
    std::sort(numbers.begin(), numbers.end(), [](int a, int b) { return a > b; });
    std::map<std::string, int> table{{"one", 1}, {"two", 2}};
    std::printf("%d %d %d\n", erased(5), numbers.front(), table.at("two"));
    try {
        table.at("three");
    } catch (const std::exception &) {
        std::puts("no three");
    }
    int from_thread = 0;
    std::thread([&] { from_thread = work(); }).join();
    std::printf("%d %d %d\n", from_thread, function_static(), function_static());
}
