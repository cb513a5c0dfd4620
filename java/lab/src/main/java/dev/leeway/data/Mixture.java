package dev.leeway.data;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Data from several sources in given proportions, such as {@code code.jsonl:0.3,chat/:0.7}.
 *
 * @param sources at least one
 */
public record Mixture(List<Source> sources) {

    private static final Pattern WEIGHTED = Pattern.compile("(.+):([0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?)");

    /**
     * One source.
     *
     * @param name   a file, a folder, or a pattern; see {@link DataFiles}
     * @param weight its share of the rows, in proportion to the other weights; finite and more than 0
     */
    public record Source(String name, double weight) {

        /**
         * Checks the weight.
         *
         * @throws LeewayException if the weight is not a positive number
         */
        public Source {
            if (!(weight > 0) || Double.isInfinite(weight)) {
                throw LeewayException.usage("the weight of %s must be more than 0, found %s", name, weight);
            }
        }
    }

    public Mixture {
        sources = List.copyOf(sources);
        if (sources.isEmpty()) {
            throw LeewayException.usage("a mixture needs a source, such as code.jsonl:0.3,chat.jsonl:0.7");
        }
    }

    /**
     * Reads sources with weights from one text, separated by commas. Either all have weights or none; without weights each counts 1.
     *
     * @throws LeewayException if it has another form
     */
    public static Mixture parse(String text) {
        List<Source> sources = new ArrayList<>();
        int weighted = 0;
        for (String entry : text.split(",", -1)) {
            Matcher parts = WEIGHTED.matcher(entry.strip());
            boolean hasWeight = parts.matches();
            weighted += hasWeight ? 1 : 0;
            String name = hasWeight ? parts.group(1) : entry.strip();
            if (name.isEmpty()) {
                throw LeewayException.usage("'%s' is not of the form code.jsonl:0.3,chat.jsonl:0.7", text);
            }
            sources.add(new Source(name, hasWeight ? Double.parseDouble(parts.group(2)) : 1));
        }
        if (weighted > 0 && weighted < sources.size()) {
            throw LeewayException.usage("'%s' gives weights to %d of %d sources; give all of them one, or none", text, weighted,
                    sources.size());
        }
        return new Mixture(sources);
    }

    /** The weights in proportion: they add up to 1. */
    public double[] shares() {
        double sum = sources.stream().mapToDouble(Source::weight).sum();
        return sources.stream().mapToDouble(source -> source.weight() / sum).toArray();
    }
}
