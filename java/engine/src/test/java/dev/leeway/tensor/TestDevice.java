package dev.leeway.tensor;

/** The back end that a test runs on: the CPU, or the one that {@code leeway.test.device} names for those tagged {@code device}. */
public final class TestDevice {

    private TestDevice() {
    }

    /** Opens it; threads matter to the CPU alone. */
    public static Device open(int threads) {
        return Device.open(System.getProperty("leeway.test.device", "cpu"), threads);
    }
}
