package dev.leeway.eval;

import dev.leeway.LeewayException;
import dev.leeway.io.Sha256;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * One answer that a run wants of every subject.
 *
 * @param <I> the benchmark's items
 * @param benchmark its id
 * @param item that is asked
 * @param setting under what
 * @param epoch from 0
 * @param request as a subject gets it
 * @param hash of all of this, and of the run's seed
 */
record Task<I extends Item>(String benchmark, I item, Setting setting, int epoch, Request request, String hash) {

    /** All tasks of a benchmark: by evaluation prompts, contexts, epochs, items. */
    static <I extends Item> List<Task<I>> of(Benchmark<I> benchmark, RunPlan plan) {
        var items = plan.items(benchmark);
        requireNames(benchmark.card(), items);
        var tasks = new ArrayList<Task<I>>();
        for (var prompt : plan.prompts()) {
            for (var context : benchmark.contexts()) {
                var setting = new Setting(prompt, context);
                for (I item : items) {
                    var request = benchmark.request(item, setting);
                    for (int epoch = 0; epoch < plan.extent().epochs().orElse(benchmark.card().epochs()); epoch++) {
                        tasks.add(of(benchmark.card().id(), item, setting, epoch, request, plan.seed()));
                    }
                }
            }
        }
        return tasks;
    }

    private static void requireNames(Card card, List<? extends Item> items) {
        var seen = new HashSet<String>();
        for (var item : items) {
            if (!seen.add(item.id())) {
                throw LeewayException.data("benchmark %s has two items with the id %s; results could not be told apart: give "
                    + "each row an id of its own", card.id(), item.id());
            }
        }
        if (items.isEmpty()) {
            throw LeewayException.data("benchmark %s has no items; look into its files", card.id());
        }
    }

    private static <I extends Item> Task<I> of(String benchmark, I item, Setting setting, int epoch, Request request, long seed) {
        var hash = about(benchmark, item, setting, epoch, seed).add(RecordLines.write(request).toString()).hex();
        return new Task<>(benchmark, item, setting, epoch, request, hash);
    }

    private static Sha256 about(String benchmark, Item item, Setting setting, int epoch, long seed) {
        var prompt = setting.prompt();
        return new Sha256().add(Long.toString(seed)).add(benchmark).add(item.id()).add(Integer.toString(epoch)).add(setting.context())
            .add(prompt.name()).add(prompt.system().map(content -> "+" + content).orElse("")).add(prompt.prefix()).add(prompt.suffix());
    }

    /** Asks it, with random numbers by the run's seed and by what is asked, never by when or beside what. */
    Subject.Asked asked(long seed) {
        return new Subject.Asked(request, about(benchmark, item, setting, epoch, seed).number());
    }

    /** What records find it by: everything that its response and its score depend on. */
    String key(String subjectAndBenchmark) {
        return new Sha256().add(subjectAndBenchmark).add(hash).hex();
    }

    /** The answer, once it is there, as it is scored: without the model's thoughts, which the records keep. */
    Answer<I> answer(Response response) {
        return new Answer<>(item, setting, epoch, request, response instanceof Response.Written written ? written.spoken() : response);
    }
}
