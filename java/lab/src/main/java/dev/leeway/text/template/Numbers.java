package dev.leeway.text.template;

import dev.leeway.text.template.Value.Bool;
import dev.leeway.text.template.Value.Int;
import dev.leeway.text.template.Value.Real;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Optional;

/** Python's arithmetic: integers of any size, floor division, true division; a truth value counts as 0 or 1. */
final class Numbers {

    /** The largest integers, some 1,200 digits. */
    static final int MOST_BITS = 1 << 12;

    private Numbers() {}

    static boolean isNumber(Value value) {
        return value instanceof Int || value instanceof Real || value instanceof Bool;
    }

    /** The integer that a value is, if it is one. */
    static Optional<BigInteger> integer(Value value) {
        return switch (value) {
            case Int number -> Optional.of(number.value());
            case Bool bool -> Optional.of(bool.value() ? BigInteger.ONE : BigInteger.ZERO);
            default -> Optional.empty();
        };
    }

    /** The value as a floating-point number, if it is a number. */
    static double real(Value value) {
        if (value instanceof Real real) {
            return real.value();
        }
        double result = integer(value).orElseThrow(() -> TemplateFailure.of("must be real number, not %s", value.typeName())).doubleValue();
        if (Double.isInfinite(result)) {
            throw TemplateFailure.of("int too large to convert to float");
        }
        return result;
    }

    /** The size of an integer, 0 for other numbers. */
    static int bits(Value value) {
        return value instanceof Int number ? number.value().bitLength() : 0;
    }

    static String print(Int number, Budget budget) {
        budget.chars(bits(number));
        return number.value().toString();
    }

    static Int bounded(BigInteger value) {
        requireBits(value.bitLength());
        return new Int(value);
    }

    private static void requireBits(long bits) {
        if (bits > MOST_BITS) {
            throw TemplateFailure.of("an integer of %d bits is larger than the %d that templates may use", bits, MOST_BITS);
        }
    }

    /** The result of an operator on two numbers. */
    static Value apply(Operator operator, Value left, Value right) {
        Optional<BigInteger> a = integer(left);
        Optional<BigInteger> b = integer(right);
        return a.isPresent() && b.isPresent() ? onIntegers(operator, a.get(), b.get()) : onReals(operator, real(left), real(right));
    }

    private static Value onIntegers(Operator operator, BigInteger a, BigInteger b) {
        return switch (operator) {
            case ADD -> bounded(a.add(b));
            case SUBTRACT -> bounded(a.subtract(b));
            case MULTIPLY -> product(a, b);
            case DIVIDE -> quotient(a, b);
            case FLOOR_DIVIDE -> new Int(floorDivide(a, b)[0]);
            case MODULO -> new Int(floorDivide(a, b)[1]);
            case POWER -> power(a, b);
        };
    }

    private static Value product(BigInteger a, BigInteger b) {
        requireBits((long) a.bitLength() + b.bitLength() - 1);
        return new Int(a.multiply(b));
    }

    private static Value quotient(BigInteger a, BigInteger b) {
        requireNonZero(b.signum() != 0, "division by zero");
        if (Math.max(a.bitLength(), b.bitLength()) <= 53) {
            return new Real(a.doubleValue() / b.doubleValue());
        }
        double result = new BigDecimal(a).divide(new BigDecimal(b), new MathContext(40)).doubleValue();
        if (Double.isInfinite(result)) {
            throw TemplateFailure.of("integer division result too large for a float");
        }
        return new Real(result);
    }

    /** Quotient rounded down, and the remainder with the divisor's sign. */
    private static BigInteger[] floorDivide(BigInteger a, BigInteger b) {
        requireNonZero(b.signum() != 0, "integer division or modulo by zero");
        BigInteger[] result = a.divideAndRemainder(b);
        if (result[1].signum() * b.signum() < 0) {
            result[0] = result[0].subtract(BigInteger.ONE);
            result[1] = result[1].add(b);
        }
        return result;
    }

    private static Value power(BigInteger base, BigInteger exponent) {
        if (exponent.signum() < 0) {
            return onReals(Operator.POWER, base.doubleValue(), exponent.doubleValue());
        }
        if (base.abs().bitLength() <= 1) {
            return new Int(base.signum() < 0 && !exponent.testBit(0) ? BigInteger.ONE : exponent.signum() == 0 ? BigInteger.ONE : base);
        }
        requireBits(exponent.bitLength() > 31 ? Long.MAX_VALUE : (base.abs().bitLength() - 1L) * exponent.intValue());
        return bounded(base.pow(exponent.intValue()));
    }

    private static Value onReals(Operator operator, double a, double b) {
        return new Real(switch (operator) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> {
                requireNonZero(b != 0, "float division by zero");
                yield a / b;
            }
            case FLOOR_DIVIDE -> {
                requireNonZero(b != 0, "float floor division by zero");
                yield floorQuotient(a, b);
            }
            case MODULO -> {
                requireNonZero(b != 0, "float modulo");
                yield floorRemainder(a, b);
            }
            case POWER -> realPower(a, b);
        });
    }

    private static double floorRemainder(double a, double b) {
        double remainder = a % b;
        if (remainder == 0) {
            return Math.copySign(0.0, b);
        }
        return (remainder < 0) == (b < 0) ? remainder : remainder + b;
    }

    /** From the remainder, so that quotient × divisor + remainder gives the dividend back. */
    private static double floorQuotient(double a, double b) {
        double quotient = (a - floorRemainder(a, b)) / b;
        return quotient == 0 ? Math.copySign(0.0, a / b) : Math.rint(quotient);
    }

    private static double realPower(double a, double b) {
        requireNonZero(a != 0 || b >= 0, "0.0 cannot be raised to a negative power");
        double result = a == 1 ? 1 : Math.pow(a, b);
        if (Double.isNaN(result) && !Double.isNaN(a) && !Double.isNaN(b)) {
            throw TemplateFailure.of("a negative number raised to a fraction is complex, which templates don't have");
        }
        if (Double.isInfinite(result) && Double.isFinite(a) && Double.isFinite(b)) {
            throw TemplateFailure.of("the power is too large for a float");
        }
        return result;
    }

    private static void requireNonZero(boolean valid, String message) {
        if (!valid) {
            throw TemplateFailure.of("%s", message);
        }
    }
}
