/* Floating point in double precision: five bodies under gravity, with square roots and divisions; a product of 48 x 48 matrices. */
#include "work.h"

#define BODIES 5
#define STEPS 100
#define SIDE 48
#define STEP 0.001

struct body {
    double place[3], speed[3], mass;
};

/* A heavy sun and four planets, in astronomical units and years. */
static const struct body start[BODIES] = {
    {{0, 0, 0}, {0, 0, 0}, 39.478417},
    {{4.8414314, -1.1603200, -0.1036220}, {0.6063264, 2.8119847, -0.0252184}, 0.0376937},
    {{8.3433667, 4.1247986, -0.4035234}, {-1.0107743, 1.8256624, 0.0084158}, 0.0112863},
    {{12.8943696, -15.1111514, -0.2233076}, {1.0827910, 0.8687130, -0.0108326}, 0.0017237},
    {{15.3796971, -25.9193146, 0.1792588}, {0.9790907, 0.5946990, -0.0347560}, 0.0020337},
};

static double left[HARTS][SIDE][SIDE], right[HARTS][SIDE][SIDE], product[HARTS][SIDE][SIDE];

static inline double root_of(double value)
{
    double root;
    __asm__("fsqrt.d %0, %1" : "=f"(root) : "f"(value));
    return root;
}

static void attract(struct body *one, struct body *other)
{
    double x = one->place[0] - other->place[0];
    double y = one->place[1] - other->place[1];
    double z = one->place[2] - other->place[2];
    double square = x * x + y * y + z * z;
    double pull = STEP / (square * root_of(square));
    one->speed[0] -= x * other->mass * pull;
    one->speed[1] -= y * other->mass * pull;
    one->speed[2] -= z * other->mass * pull;
    other->speed[0] += x * one->mass * pull;
    other->speed[1] += y * one->mass * pull;
    other->speed[2] += z * one->mass * pull;
}

static void advance(struct body *bodies)
{
    for (int one = 0; one < BODIES; one++)
        for (int other = one + 1; other < BODIES; other++)
            attract(&bodies[one], &bodies[other]);
    for (int one = 0; one < BODIES; one++)
        for (int axis = 0; axis < 3; axis++)
            bodies[one].place[axis] += STEP * bodies[one].speed[axis];
}

static void multiply(double (*a)[SIDE], double (*b)[SIDE], double (*c)[SIDE])
{
    for (int row = 0; row < SIDE; row++) {
        for (int column = 0; column < SIDE; column++) {
            double sum = 0;
            for (int inner = 0; inner < SIDE; inner++)
                sum += a[row][inner] * b[inner][column];
            c[row][column] = sum;
        }
    }
}

static uint64_t work(uint64_t hart, uint64_t repetitions)
{
    double(*a)[SIDE] = left[hart], (*b)[SIDE] = right[hart], (*c)[SIDE] = product[hart];
    struct body bodies[BODIES];
    for (int body = 0; body < BODIES; body++)
        bodies[body] = start[body];
    for (int row = 0; row < SIDE; row++) {
        for (int column = 0; column < SIDE; column++) {
            a[row][column] = 1.0 + (row * SIDE + column) * 0.001;
            b[row][column] = 2.0 - (row * SIDE + column) * 0.0007;
        }
    }
    for (uint64_t round = 0; round < repetitions; round++) {
        for (int step = 0; step < STEPS; step++)
            advance(bodies);
        multiply(a, b, c);
        a[round % SIDE][0] += c[0][round * 7 % SIDE] * 1e-9;
        if (c[0][5] > 3000)
            a[0][1] *= 0.5;
    }
    double sum = hart;
    for (int body = 0; body < BODIES; body++)
        sum += bodies[body].place[0] + bodies[body].speed[1];
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++)
            sum += c[row][column];
    union {
        double value;
        uint64_t bits;
    } exact = {sum};
    return exact.bits;
}
