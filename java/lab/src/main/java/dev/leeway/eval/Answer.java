package dev.leeway.eval;

/**
 * What a model answered to an item.
 *
 * @param <I> the benchmark's items
 * @param item that was asked
 * @param setting under what
 * @param epoch the how-manieth time, from 0
 * @param request as the model got it
 * @param response what it made of it
 */
public record Answer<I extends Item>(I item, Setting setting, int epoch, Request request, Response response) {
}
