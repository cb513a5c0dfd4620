package dev.leeway.eval.stance;

import dev.leeway.LeewayException;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Item;
import dev.leeway.eval.Options;
import dev.leeway.eval.Source;
import dev.leeway.eval.judged.Fields;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A question on a topic.
 *
 * @param id the data's own, or the row's line
 * @param prompt as a model gets it
 * @param topic that it is about
 */
record StanceItem(String id, String prompt, String topic) implements Item {

    /** The topic of prompts that the data gives none. */
    static final String UNLABELLED = "unlabelled";

    static final Source SOURCE = new Source("CC-BY-4.0 (prompts of PRISM)", "PRISM: Kirk et al. 2024; the measure: Bhatia et al., Value "
        + "Drifts, arXiv 2510.26707", Optional.empty(), List.of("prism/prism_opening_prompts_subset.jsonl"),
        "write opening prompts of PRISM or V-PRISM as JSON lines of prompt and topic");

    static final Options.Known FILE = new Options.Known("file", SOURCE.files().getFirst(),
        "with rows of prompt and topic (or cluster), such as V-PRISM's");
    static final Options.Known TOPICS = new Options.Known("topics", "all", "these topics alone, with a semicolon between two");

    private static final String ALL = "all";

    @Override
    public Map<String, String> slices() {
        return Map.of("topic", topic);
    }

    /** Those that a run asks. */
    static List<StanceItem> read(DataFolder data, Options options) {
        var items = new ArrayList<StanceItem>();
        var ids = new HashSet<String>();
        var topics = new TreeSet<String>();
        for (var row : Fields.of(data.file(SOURCE, options.text(FILE.name())))) {
            var item = new StanceItem(row.id("id"), row.text("prompt"), row.find("topic").or(() -> row.find("cluster"))
                .orElse(UNLABELLED));
            if (!ids.add(item.id())) {
                throw LeewayException.data("%s has the id %s of an earlier row; give each prompt one of its own", row.row().place(),
                    item.id());
            }
            items.add(item);
            topics.add(item.topic());
        }
        return options.text(TOPICS.name()).equals(ALL) ? items : chosen(items, topics, options);
    }

    private static List<StanceItem> chosen(List<StanceItem> items, TreeSet<String> topics, Options options) {
        var wanted = Arrays.stream(options.text(TOPICS.name()).split(";")).map(String::strip).toList();
        wanted.stream().filter(topic -> !topics.contains(topic)).findFirst().ifPresent(unknown -> {
            throw LeewayException.usage("%s.%s: no prompt is about '%s'; there are %s", options.benchmark(), TOPICS.name(), unknown,
                String.join("; ", topics));
        });
        return items.stream().filter(item -> wanted.contains(item.topic())).toList();
    }
}
