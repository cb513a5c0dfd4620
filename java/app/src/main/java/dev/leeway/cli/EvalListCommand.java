package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Catalogue;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Options;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Nearest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code leeway eval list}: what can be asked. */
@Command(name = "list", description = {"Lists all benchmarks, or tells all about those that are named.",
    "With --data it looks for their items there, and says how many there are, what scoring needs, or how to get what is missing."})
final class EvalListCommand implements Callable<Integer>, Checked {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "ID", arity = "0..*", description = "benchmarks (default: all)")
    private List<String> ids = List.of();

    @Option(names = "--data", paramLabel = "FILE|DIR", arity = "1..*", description = "where items are looked for, before the hub's cache")
    private List<Path> data = List.of();

    @Option(names = "--json", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL", description = "a JSON object a line "
        + "(default: false)")
    private boolean json;

    @Override
    public void check(Problems problems) {
        var known = Catalogue.entries().stream().map(entry -> entry.card().id()).toList();
        ids.stream().filter(id -> !known.contains(id)).forEach(id -> problems.add("there is no benchmark " + id + Nearest.hint(id, known)));
        data.forEach(place -> problems.require(Files.exists(place), "--data: %s does not exist", place));
    }

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        var entries = Catalogue.entries().stream().filter(entry -> ids.isEmpty() || ids.contains(entry.card().id())).toList();
        var out = spec.commandLine().getOut();
        if (json) {
            entries.forEach(entry -> out.print(json(entry) + "\n"));
        } else if (ids.isEmpty()) {
            out.print(table(entries));
        } else {
            entries.forEach(entry -> out.print(all(entry)));
        }
        return 0;
    }

    private String table(List<Entry> entries) {
        var heads = new ArrayList<>(List.of("id", "what", "licence of the items"));
        if (!data.isEmpty()) {
            heads.addAll(List.of("here"));
        }
        var table = new TextTable(heads, heads.size());
        for (var entry : entries) {
            var row = new ArrayList<>(List.of(entry.card().id(), entry.card().title(), entry.card().source().licence()));
            if (!data.isEmpty()) {
                row.add(here(entry));
            }
            table.add(row);
        }
        return table.text();
    }

    /** What of a benchmark is in the named places, in words. */
    private String here(Entry entry) {
        try {
            var found = entry.loader().load(new DataFolder(data, DataFolder.hubCache(System.getenv())), new Options(entry.card().id(),
                entry.options(), Map.of()));
            return Figures.count(found.items().size()) + " items" + needs(found.needs());
        } catch (LeewayException missing) {
            return missing.getMessage();
        }
    }

    private static String needs(Benchmark.Needs needs) {
        return (needs.judge() ? ", needs a judge" : "") + (needs.reference() ? ", needs a second model" : "")
            + (needs.sandbox() ? ", needs the sandbox" : "");
    }

    private String all(Entry entry) {
        var card = entry.card();
        var text = new StringBuilder("%s, version %d: %s\n  licence   %s (%s)\n  items     %s\n  compared  by %s, %s is better\n".formatted(
            card.id(), card.version(), card.title(), card.source().licence(), card.source().citation(), data.isEmpty()
                ? card.source().howToGet() : here(entry), card.headline().name(), switch (card.better()) {
                    case HIGHER -> "higher";
                    case LOWER -> "lower";
                    case NEITHER -> "neither direction";
                }));
        entry.options().forEach(option -> text.append("  --set ").append(card.id()).append('.').append(option.name()).append('=')
            .append(option.standard()).append("  ").append(option.meaning()).append('\n'));
        return text.toString();
    }

    private String json(Entry entry) {
        var card = entry.card();
        var object = JsonFile.newObject().put("id", card.id()).put("version", card.version()).put("title", card.title())
            .put("licence", card.source().licence()).put("citation", card.source().citation())
            .put("how_to_get", card.source().howToGet()).put("headline", card.headline().name())
            .put("kind", card.headline().kind().name().toLowerCase(Locale.ROOT))
            .put("better", card.better().name().toLowerCase(Locale.ROOT)).put("epochs", card.epochs());
        var options = object.putArray("options");
        entry.options().forEach(option -> options.addObject().put("name", option.name()).put("default", option.standard())
            .put("meaning", option.meaning()));
        if (!data.isEmpty()) {
            object.put("here", here(entry));
        }
        return object.toString();
    }
}
