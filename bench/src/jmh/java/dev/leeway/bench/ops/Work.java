package dev.leeway.bench.ops;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What one call of a benchmark does, so that a report can tell rates: JMH prints it beside the time. */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class Work {

    private double flops;
    private double bytes;
    private double peak;

    /** Floating-point operations of a call. */
    public double flops() {
        return flops;
    }

    /** Bytes that a call must read and write if nothing stays in a cache. */
    public double bytes() {
        return bytes;
    }

    /** FLOP/s of multiply-adds from registers, measured right before and right behind the iteration: their mean. */
    public double peak() {
        return peak;
    }

    void addPeak(double half) {
        peak += half / 2;
    }

    void forgetPeak() {
        peak = 0;
    }

    /** Sets both. */
    public void set(double flops, double bytes) {
        this.flops = flops;
        this.bytes = bytes;
    }
}
