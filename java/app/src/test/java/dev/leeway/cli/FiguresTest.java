package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class FiguresTest {

    @Test
    void numbersReadShort() {
        assertEquals("1.9e-4", Figures.rate(1.94e-4));
        assertEquals("2e-5", Figures.rate(2e-5));
        assertEquals("0", Figures.rate(0));
        assertEquals("1e0", Figures.rate(1));
        assertEquals("1,234", Figures.count(1234));
        assertEquals("32", Figures.plain(32));
        assertEquals("0.5", Figures.plain(0.5));
    }

    @Test
    void timesReadAsOnAClock() {
        assertEquals("0:41", Figures.duration(41.2));
        assertEquals("1:00", Figures.duration(59.9));
        assertEquals("1:02:03", Figures.duration(3723));
    }
}
