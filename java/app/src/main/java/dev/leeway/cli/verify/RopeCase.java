package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.model.ConfigReader;
import dev.leeway.tensor.Device;
import java.nio.file.Path;
import java.util.List;

/** Rotary tables: inverse frequencies, attention factor, cosines and sines, all computed in double. */
record RopeCase(Path path, JsonObject json) implements Case {

    /** Two double-precision libraries; positions up to 8191 multiply a frequency's last bit. */
    private static final double GATE = 1e-11;

    @Override
    public String kind() {
        return "rotary tables";
    }

    @Override
    public List<Check> run(Device device) {
        var checks = new Checks();
        for (var one : json.requireObjects("cases")) {
            var name = one.requireString("name");
            var config = one.requireObject("config");
            var rope = ConfigReader.readRope(config, 1e4, config.requireInt("head_dim"));
            var frequencies = rope.inverseFrequencies();
            checks.relativeL2(name + " frequencies", frequencies, Inputs.doubles(one.require("inv_freq")), GATE);
            checks.absolute(name + " factor", rope.attentionFactor(), one.requireDouble("attention_scaling"), GATE);
            var positions = one.requireInts("positions");
            for (int i = 0; i < positions.size(); i++) {
                double factor = rope.attentionFactor();
                int position = positions.get(i);
                checks.absolute(name + " cos", table(frequencies, f -> factor * Math.cos(position * f)),
                    Inputs.doubles(one.require("cos").get(i)), GATE);
                checks.absolute(name + " sin", table(frequencies, f -> factor * Math.sin(position * f)),
                    Inputs.doubles(one.require("sin").get(i)), GATE);
            }
        }
        return checks.all();
    }

    /** Both halves of a head turn by the same angles. */
    private static double[] table(double[] frequencies, java.util.function.DoubleUnaryOperator value) {
        var both = new double[frequencies.length * 2];
        for (int j = 0; j < both.length; j++) {
            both[j] = value.applyAsDouble(frequencies[j % frequencies.length]);
        }
        return both;
    }
}
